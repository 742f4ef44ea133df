export { DecodeError, sameOctets } from '../../bytes/index.ts';
export { type BfdKey, digestMatches, type Hash, signBfdPacket } from './authentication.ts';
export {
  AuthType,
  BFD_STATES,
  type BfdState,
  Diagnostic,
} from './constants.ts';
export { decodeBfdPacket, encodeBfdPacket } from './control-packet.ts';
export type { AuthenticationSection, BfdPacket, DigestType } from './types.ts';
