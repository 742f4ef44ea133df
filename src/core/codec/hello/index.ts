export { ByteWriter, DecodeError } from '../../bytes/index.ts';
export { authenticatorOf } from './authenticator.ts';
export { ECHO_WINDOW, MAX_HEARD, MAX_HELLO_LENGTH, MAX_INTERFACES, UNRANKED } from './constants.ts';
export { entryDigest, entryLength } from './entries.ts';
export { type Authenticate, decodeHello, encodeHello } from './frame.ts';
export { nodeTag } from './hash.ts';
export { claimedIncarnation } from './peek.ts';
export { roomForEntries } from './room.ts';
export type {
  ClaimOrder,
  Epoch,
  HeardNeighbour,
  Hello,
  HelloEcho,
  HelloEntry,
  HelloInterface,
} from './types.ts';
