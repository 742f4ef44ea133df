export { stepPeer } from './peer.ts';
export { initialPeer, sessionStateOf } from './session-state.ts';
export type * from './types.ts';
