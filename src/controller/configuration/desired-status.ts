import type { Config } from '../../core/config/config.ts';
import { sameOrigin } from '../../core/config/origin.ts';
import { sameValue } from '../../core/config/same-value.ts';
import type { Condition } from '../../ports/kubernetes.ts';
import type { PoolUsage, PoolUsageSource, UnavailableAddress } from './config-source.ts';
import type { AssessedObject } from './configuration.ts';

declare global {
  interface JSON {
    /** @see ECMAScript proposal JSON.parse source text access, in V8 since 11.4 */
    rawJSON(text: string): unknown;
  }
}

/** The condition that says whether an object is in force as it is written. */
export const VALID = 'Valid';

const INT64_MAX = 9_223_372_036_854_775_807n;

const NO_USAGE: PoolUsage = { assignedIPv4: 0n, assignedIPv6: 0n, availableIPv4: 0n, availableIPv6: 0n };

/** What the status of an object is to be. */
export interface DesiredStatus {
  readonly conditions: readonly Condition[];
  /** Of pools only: MetalLB's CRD takes no status of a pool without them. */
  readonly counts?: PoolUsage;
  /** Of pools only; `[]` takes the field off. */
  readonly unavailable?: readonly UnavailableAddress[];
}

/** The status that says what was decided. Conditions of other people stay. */
export function desiredStatus(
  { object, verdict }: AssessedObject,
  { config, usage, now }: { readonly config: Config; readonly usage: PoolUsageSource; readonly now: Date },
): DesiredStatus {
  const present = conditionsOf(object.status);
  const valid: Condition = {
    type: VALID,
    status: verdict.valid ? 'True' : 'False',
    reason: verdict.reason,
    message: verdict.message,
    observedGeneration: verdict.generation,
    lastTransitionTime: now.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const before = present.find(({ type }) => type === VALID);
  const conditions = [
    ...present.filter(({ type }) => type !== VALID),
    before?.status === valid.status ? { ...valid, lastTransitionTime: before.lastTransitionTime } : valid,
  ];
  if (object.kind !== 'IPAddressPool') return { conditions };
  const pool = config.pools.find(({ origin }) => sameOrigin(origin, verdict.origin));
  const counts = pool === undefined ? NO_USAGE : (usage.usage(pool.name) ?? countsOf(object.status) ?? NO_USAGE);
  return { conditions, counts, unavailable: counts.unavailable ?? [] };
}

/** Whether the status of an object says already what it is to say. */
export function saysAlready(status: unknown, desired: DesiredStatus): boolean {
  if (!sameValue(conditionsOf(status), desired.conditions)) return false;
  const { counts, unavailable } = desired;
  if (unavailable !== undefined && !sameValue(member(status, UNAVAILABLE) ?? [], unavailable)) return false;
  return counts === undefined || COUNTS.every((name) => member(status, name) === Number(saturated(counts[name])));
}

/** The JSON merge patch that makes a status be the desired one. */
export function statusPatch(
  status: unknown,
  { conditions, counts, unavailable = [] }: DesiredStatus,
): Readonly<Record<string, unknown>> & {
  readonly conditions: readonly Condition[];
} {
  const numbers =
    counts === undefined ? [] : COUNTS.map((name) => [name, jsonInteger(saturated(counts[name]))] as const);
  const list = unavailable.length > 0 ? unavailable : null;
  const touched = list !== null || member(status, UNAVAILABLE) !== undefined;
  return { ...Object.fromEntries(numbers), ...(touched ? { [UNAVAILABLE]: list } : {}), conditions };
}

export function conditionsOf(status: unknown): readonly Condition[] {
  const list = member(status, 'conditions');
  return Array.isArray(list) ? list.filter(isCondition) : [];
}

const UNAVAILABLE = 'unavailable';

const COUNTS = ['assignedIPv4', 'assignedIPv6', 'availableIPv4', 'availableIPv6'] as const;

function countsOf(status: unknown): PoolUsage | undefined {
  const [assignedIPv4, assignedIPv6, availableIPv4, availableIPv6] = COUNTS.map((name) => {
    const value = member(status, name);
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
  });
  if (assignedIPv4 === undefined || assignedIPv6 === undefined) return undefined;
  return { assignedIPv4, assignedIPv6, availableIPv4: availableIPv4 ?? 0n, availableIPv6: availableIPv6 ?? 0n };
}

function saturated(count: bigint): bigint {
  return count > INT64_MAX ? INT64_MAX : count;
}

/** JavaScript's numbers do not hold all that the API's integers hold, but JSON text does. */
function jsonInteger(value: bigint): unknown {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  return JSON.rawJSON(value.toString());
}

function isCondition(value: unknown): value is Condition {
  return ['type', 'status', 'reason', 'message', 'lastTransitionTime'].every(
    (name) => typeof member(value, name) === 'string',
  );
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
