export { writeReachHead } from './attributes/reachability.ts';
export type * from './attributes/types.ts';
export * from './bgp-error.ts';
export * from './capabilities.ts';
export * from './constants.ts';
export * from './context.ts';
export * from './family.ts';
export { MessageFramer } from './framer.ts';
export { finishMessage, startMessage } from './header.ts';
export { decodeMessage, encodeMessage } from './message-codec.ts';
export * from './messages.ts';
export { prefixOctets, writePrefix } from './nlri.ts';
export {
  communicationOf,
  describeNotification,
  encodeCommunication,
  hardReset,
  type Notification,
  notification,
  unwrapped,
} from './notification.ts';
export * from './notification-codes.ts';
export { decodeUpdate, endOfRib, writeAttribute, writeAttributeHead } from './update.ts';
