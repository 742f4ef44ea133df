export { type AuthenticationRefusal, type AuthenticSequence, authenticated } from './authentication.ts';
export { initialBfd, stepBfd } from './step.ts';
export { detectionTimeMs } from './timing.ts';
export type { BfdAction, BfdConfig, BfdDropReason, BfdEvent, BfdReport, BfdSession } from './types.ts';
