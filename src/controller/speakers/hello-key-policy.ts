import type { HelloKey } from '../../ports/channel.ts';
import type { Secret } from '../../ports/stores.ts';

/** The keys of hellos between neighbours, as they are kept. */
export interface KeptKeys {
  /** The first is for sending; the second is the former one, or the next. */
  readonly keys: readonly HelloKey[];
  /** The second is the next: everybody learns it before anybody sends with it. */
  readonly introducing: boolean;
  /** When keys or order changed last. */
  readonly changedAt: Date;
}

export interface RotationOptions {
  readonly everyMs: number;
  /** How long a key is known before it is used. */
  readonly introduceMs: number;
}

/** What is kept beside the keys. */
interface KeptState extends Pick<KeptKeys, 'introducing' | 'changedAt'> {
  /** The ids of the keys, as `KeptKeys.keys` has them. */
  readonly order: readonly number[];
}

const KEY_OCTETS = 32;
const IDS = 256;
const STATE = 'state';
/** Before the names of a second copy: people edit the first one. */
const HANDED_OUT = 'handed-out.';

/** What the keys are to be now; undefined when they may stay. A date in the future is somebody's wrong clock: then it is time. */
export function rotated(
  kept: KeptKeys,
  { now, newKey, everyMs, introduceMs }: RotationOptions & { readonly now: Date; readonly newKey: () => Uint8Array },
): KeptKeys | undefined {
  const ageMs = now.getTime() - kept.changedAt.getTime();
  if (ageMs >= 0 && ageMs < (kept.introducing ? introduceMs : everyMs)) return undefined;
  const [first, second] = kept.keys;
  if (first === undefined) return firstKeys({ now, newKey });
  if (kept.introducing && second !== undefined) return { keys: [second, first], introducing: false, changedAt: now };
  const next: HelloKey = { id: (first.id + 1) % IDS, key: newKey() };
  return { keys: [first, next], introducing: true, changedAt: now };
}

/**
 * What holds when the Secret says `read`, while the speakers have `inUse`: keys that the speakers do not have are introduced as
 * a rotation does it, beside the one that they send with. Undefined when there is nothing to go on with.
 */
export function reconciled(read: KeptKeys | undefined, inUse: KeptKeys | undefined, now: Date): KeptKeys | undefined {
  const [sending] = inUse?.keys ?? [];
  if (inUse === undefined || sending === undefined || read === undefined) return inUse ?? read;
  const foreign = read.keys.find((key) => !inUse.keys.some((known) => isSameKey(key, known)));
  if (foreign === undefined) return read;
  const next: HelloKey = { id: (sending.id + 1) % IDS, key: foreign.key };
  return { keys: [sending, next], introducing: true, changedAt: now };
}

export function isSameKey(a: HelloKey, b: HelloKey): boolean {
  return a.id === b.id && a.key.length === b.key.length && a.key.every((octet, at) => octet === b.key[at]);
}

/** Where there are none: one key, which need not be introduced, since nobody uses another. */
export function firstKeys({ now, newKey }: { readonly now: Date; readonly newKey: () => Uint8Array }): KeptKeys {
  return { keys: [{ id: 1, key: newKey() }], introducing: false, changedAt: now };
}

/** As data of a Secret: each key by its id, and the order; all of it twice. */
export function secretData({ keys, introducing, changedAt }: KeptKeys): Secret['data'] {
  const state = { order: keys.map(({ id }) => id), introducing, changedAt: changedAt.toISOString() };
  const fields = {
    ...Object.fromEntries(keys.map(({ id, key }) => [`key-${id}`, key])),
    [STATE]: new TextEncoder().encode(JSON.stringify(state)),
  };
  const copy = Object.entries(fields).map(([name, octets]) => [`${HANDED_OUT}${name}`, octets] as const);
  return { ...fields, ...Object.fromEntries(copy) };
}

/** What the leader before us handed out, also where somebody edited its keys since; undefined when that is not there. */
export function handedOutKeys(data: Secret['data']): KeptKeys | undefined {
  const copy = Object.entries(data).filter(([name]) => name.startsWith(HANDED_OUT));
  return keptKeys(Object.fromEntries(copy.map(([name, octets]) => [name.slice(HANDED_OUT.length), octets])));
}

/** Undefined when it is no set of keys: somebody else wrote it. */
export function keptKeys(data: Secret['data']): KeptKeys | undefined {
  const state = stateOf(data[STATE]);
  if (state === undefined) return undefined;
  const keys = state.order.flatMap((id) => {
    const key = data[`key-${id}`];
    return key?.length === KEY_OCTETS ? [{ id, key }] : [];
  });
  if (keys.length !== state.order.length || keys.length === 0 || keys.length > 2) return undefined;
  if (new Set(state.order).size !== keys.length) return undefined;
  return { keys, introducing: state.introducing, changedAt: state.changedAt };
}

function stateOf(octets: Uint8Array | undefined): KeptState | undefined {
  if (octets === undefined) return undefined;
  try {
    const state: unknown = JSON.parse(new TextDecoder().decode(octets));
    if (typeof state !== 'object' || state === null) return undefined;
    if (!('order' in state && 'introducing' in state && 'changedAt' in state)) return undefined;
    const { order, introducing, changedAt } = state;
    if (!Array.isArray(order) || typeof introducing !== 'boolean' || typeof changedAt !== 'string') return undefined;
    const date = new Date(changedAt);
    if (!order.every(isId) || Number.isNaN(date.getTime())) return undefined;
    return { order, introducing, changedAt: date };
  } catch {
    return undefined;
  }
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < IDS;
}
