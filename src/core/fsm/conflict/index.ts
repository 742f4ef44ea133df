export { CONFLICT, NO_CONFLICT, stepConflict } from './step.ts';
export type { ConflictAction, ConflictEvent, ConflictState, Standing } from './types.ts';
