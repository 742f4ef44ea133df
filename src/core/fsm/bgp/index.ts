export { initialPeer } from './lifecycle.ts';
export { stepPeer } from './peer.ts';
export { sessionStateOf } from './session-state.ts';
export type * from './types.ts';
