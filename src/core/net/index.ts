export * from './address.ts';
export * from './mac.ts';
export * from './prefix.ts';
