export { type AuthenticSequence, authenticated } from './authentication.ts';
export { initialBfd, stepBfd } from './step.ts';
export { detectionTimeMs } from './timing.ts';
export type { BfdAction, BfdConfig, BfdEvent, BfdReport, BfdSession } from './types.ts';
