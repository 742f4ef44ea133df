export type * from './attributes/types.ts';
export * from './bgp-error.ts';
export type * from './capabilities.ts';
export * from './constants.ts';
export * from './context.ts';
export * from './messages.ts';
export type * from './notification.ts';
