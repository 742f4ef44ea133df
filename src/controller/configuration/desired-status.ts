import type { Config } from '../../core/config/config.ts';
import { originKey } from '../../core/config/origin.ts';
import { sameValue } from '../../core/config/same-value.ts';
import { type Condition, timeText } from '../../ports/kubernetes.ts';
import type { PeerStatusSource, PoolUsage, PoolUsageSource, UnavailableAddress } from './config-source.ts';
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

/** The condition that says whether the sessions with a peer are established. */
export const ESTABLISHED = 'Established';

/** What the status of an object is to be. */
export interface DesiredStatus {
  readonly conditions: readonly Condition[];
  /** Of pools only: MetalLB's CRD takes no status of a pool without them. */
  readonly counts?: PoolUsage;
  /** Of pools only; `[]` takes the field off. */
  readonly unavailable?: readonly UnavailableAddress[];
  /** Of peers only: other fields; null takes one off. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface StatusFacts {
  /** By the keys of their origins, the names of the pools and peers that are in force. */
  readonly names: ReadonlyMap<string, string>;
  readonly usage: PoolUsageSource;
  readonly peers: PeerStatusSource;
  readonly now: Date;
}

/** As `StatusFacts` has them. */
export function namesInForce({ pools, bgpPeers }: Config): StatusFacts['names'] {
  return new Map([...pools, ...bgpPeers].map(({ origin, name }) => [originKey(origin), name]));
}

type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The status that says what was decided. Conditions of other people stay. */
export function desiredStatus(assessed: AssessedObject, facts: StatusFacts): DesiredStatus {
  const { object, verdict } = assessed;
  const valid: Finding = {
    type: VALID,
    status: verdict.valid ? 'True' : 'False',
    reason: verdict.reason,
    message: verdict.message,
  };
  if (object.kind === 'BGPPeer') return peerDesire(assessed, valid, facts);
  const conditions = conditionsWith(assessed, [valid], facts.now);
  if (object.kind !== 'IPAddressPool') return { conditions };
  const name = facts.names.get(originKey(verdict.origin));
  const counts = name === undefined ? NO_USAGE : (facts.usage.usage(name) ?? countsOf(object.status) ?? NO_USAGE);
  return { conditions, counts, unavailable: counts.unavailable ?? [] };
}

/** A peer whose password is missing is not in force as it is written, though its object is right by itself. */
function peerDesire(assessed: AssessedObject, valid: Finding, { names, peers, now }: StatusFacts): DesiredStatus {
  const name = names.get(originKey(assessed.verdict.origin));
  const status = name === undefined ? undefined : peers.peerStatus(name);
  if (status === undefined) {
    return {
      conditions: conditionsWith(assessed, [valid], now, [ESTABLISHED]),
      fields: { sessions: null, nodes: null },
    };
  }
  const { problem, established, sessions, nodes } = status;
  const found: Finding =
    problem === undefined || valid.status === 'False'
      ? valid
      : { ...valid, status: 'False', reason: 'ReferenceMissing', message: problem };
  if (!status.settled) return { conditions: conditionsWith(assessed, [found], now) };
  const conditions = conditionsWith(assessed, [found, { type: ESTABLISHED, ...established }], now);
  return { conditions, fields: { sessions, nodes } };
}

/** The conditions that are there, each of these in the place of the one of its type. One that is as it was keeps its time. */
function conditionsWith(
  { object, verdict }: AssessedObject,
  found: readonly Finding[],
  now: Date,
  withdrawn: readonly string[] = [],
): readonly Condition[] {
  const present = conditionsOf(object.status);
  const wanted = found.map((one): Condition => {
    const before = present.find(({ type, status }) => type === one.type && status === one.status);
    const since = before?.lastTransitionTime ?? timeText(now);
    return { ...one, observedGeneration: verdict.generation, lastTransitionTime: since };
  });
  const kept = present
    .filter(({ type }) => !withdrawn.includes(type))
    .map((condition) => wanted.find(({ type }) => type === condition.type) ?? condition);
  return [...kept, ...wanted.filter(({ type }) => !present.some((condition) => condition.type === type))];
}

/** Whether the status of an object says already what it is to say. */
export function saysAlready(status: unknown, desired: DesiredStatus): boolean {
  if (!sameValue(conditionsOf(status), desired.conditions)) return false;
  const { counts, unavailable, fields = {} } = desired;
  if (!Object.entries(fields).every(([name, value]) => sameValue(member(status, name) ?? null, value))) return false;
  if (unavailable !== undefined && !sameValue(member(status, UNAVAILABLE) ?? [], unavailable)) return false;
  return counts === undefined || COUNTS.every((name) => member(status, name) === Number(saturated(counts[name])));
}

/** The JSON merge patch that makes a status be the desired one. */
export function statusPatch(
  status: unknown,
  { conditions, counts, unavailable = [], fields = {} }: DesiredStatus,
): Readonly<Record<string, unknown>> & {
  readonly conditions: readonly Condition[];
} {
  const numbers =
    counts === undefined ? [] : COUNTS.map((name) => [name, jsonInteger(saturated(counts[name]))] as const);
  const list = unavailable.length > 0 ? unavailable : null;
  const touched = list !== null || member(status, UNAVAILABLE) !== undefined;
  return { ...fields, ...Object.fromEntries(numbers), ...(touched ? { [UNAVAILABLE]: list } : {}), conditions };
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
