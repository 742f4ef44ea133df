import type { BfdState } from './constants.ts';

/**
 * A control packet.
 *
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     | vers|  diag   |sta|P|F|C|A|D|M|  detect mult  |    length     |
 *     |                      my discriminator                         |
 *     |                     your discriminator                        |
 *     |             desired min TX interval, microseconds             |
 *     |            required min RX interval, microseconds             |
 *     |          required min echo RX interval, microseconds          |
 *     |                authentication section, if A                   |
 *
 * @see RFC 5880 §4.1
 */
export interface BfdPacket {
  /** `Diagnostic`, or any other 5-bit number. */
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  /** 1 to 255. */
  readonly detectMultiplier: number;
  /** 1 to 2^32 - 1. */
  readonly myDiscriminator: number;
  /** What the receiver calls the session; 0 as long as the sender does not know. */
  readonly yourDiscriminator: number;
  readonly desiredMinTxIntervalUs: number;
  /** 0: wants no periodic packets. */
  readonly requiredMinRxIntervalUs: number;
  /** 0: answers no echo packets. */
  readonly requiredMinEchoRxIntervalUs: number;
  readonly authentication?: AuthenticationSection;
}

/** @see RFC 5880 §4.2, §4.3, §4.4 */
export type AuthenticationSection =
  /** A password of 1 to 16 octets, in clear. */
  | { readonly kind: 'simple-password'; readonly keyId: number; readonly password: Uint8Array }
  | {
      readonly kind: 'digest';
      readonly type: DigestType;
      readonly keyId: number;
      readonly sequenceNumber: number;
      /** 16 octets for MD5, 20 for SHA1. */
      readonly digest: Uint8Array;
    }
  /** Of a type that no RFC knew when this was written. */
  | { readonly kind: 'other'; readonly type: number; readonly octets: Uint8Array };

/** Keyed MD5, meticulous keyed MD5, keyed SHA1, meticulous keyed SHA1: their numbers on the wire. */
export type DigestType = 2 | 3 | 4 | 5;
