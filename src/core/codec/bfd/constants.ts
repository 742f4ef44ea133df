/** @see RFC 5880 §4.1 */
export const BFD_VERSION = 1;
export const BFD_PACKET_LENGTH = 24;

/** In the order of their values on the wire. @see RFC 5880 §4.1 */
export const BFD_STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const;
export type BfdState = (typeof BFD_STATES)[number];

/** Why a session left Up. Others exist and survive decoding. @see RFC 5880 §4.1 */
export const Diagnostic = {
  none: 0,
  detectionTimeExpired: 1,
  neighbourSignaledDown: 3,
  pathDown: 5,
  administrativelyDown: 7,
} as const;

/** @see RFC 5880 §4.1 */
export const AuthType = {
  simplePassword: 1,
  keyedMd5: 2,
  meticulousKeyedMd5: 3,
  keyedSha1: 4,
  meticulousKeyedSha1: 5,
} as const;
