export { AdjRibOut } from './adj-rib-out.ts';
export type * from './types.ts';
