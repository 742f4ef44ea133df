export { AdjRibOut } from './adj-rib-out.ts';
export { type PrefixKey, prefixKey, prefixOfKey } from './prefix-key.ts';
export type * from './types.ts';
