import { type BfdKey, type BfdPacket, digestMatches, type Hash, sameOctets } from '../../codec/bfd/index.ts';

/** The last sequence number that the other end proved to be its own. */
export interface AuthenticSequence {
  readonly sequenceNumber: number;
  /** It is forgotten then: twice the Detection Time after it came. */
  readonly untilMs: number;
}

/** Why a packet is not believed. Bounded: it labels a counter. */
export type AuthenticationRefusal =
  | 'authentication-missing'
  | 'authentication-unexpected'
  | 'authentication-of-another-kind'
  | 'authentication-sequence'
  | 'authentication-failed';

export interface AuthenticationContext {
  /** Undefined: the session has none, and packets must bear none. */
  readonly key: BfdKey | undefined;
  readonly nowMs: number;
  readonly hash: Hash;
}

export type AuthenticationVerdict =
  /** `sequenceNumber` is to be remembered; absent where the key has none. */
  | { readonly kind: 'accepted'; readonly sequenceNumber?: number }
  | { readonly kind: 'refused'; readonly reason: AuthenticationRefusal };

const METICULOUS: readonly number[] = [3, 5];

/**
 * Whether a packet is the other end's own, and no copy of an old one.
 * @param octets those that `packet` was decoded from
 * @see RFC 5880 §6.7.2, §6.7.3, §6.7.4
 */
export function authenticated(
  packet: BfdPacket,
  octets: Uint8Array,
  known: AuthenticSequence | undefined,
  { key, nowMs, hash }: AuthenticationContext,
): AuthenticationVerdict {
  const section = packet.authentication;
  if (key === undefined) return section === undefined ? { kind: 'accepted' } : refused('authentication-unexpected');
  if (section === undefined) return refused('authentication-missing');
  if (section.kind === 'other' || section.keyId !== key.keyId) return refused('authentication-of-another-kind');
  if (section.kind === 'simple-password' && key.kind === 'simple-password')
    return sameOctets(section.password, key.secret) ? { kind: 'accepted' } : refused('authentication-failed');
  if (section.kind !== 'digest' || key.kind !== 'digest' || section.type !== key.type)
    return refused('authentication-of-another-kind');
  const { sequenceNumber } = section;
  if (known !== undefined && known.untilMs > nowMs) {
    const ahead = (sequenceNumber - known.sequenceNumber) >>> 0;
    const least = METICULOUS.includes(key.type) ? 1 : 0;
    if (ahead < least || ahead > 3 * packet.detectMultiplier) return refused('authentication-sequence');
  }
  return digestMatches(octets, key, hash) ? { kind: 'accepted', sequenceNumber } : refused('authentication-failed');
}

function refused(reason: AuthenticationRefusal): AuthenticationVerdict {
  return { kind: 'refused', reason };
}
