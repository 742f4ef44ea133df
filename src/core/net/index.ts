export * from './address.ts';
export * from './asn.ts';
export * from './interface-names.ts';
export * from './mac.ts';
export * from './prefix.ts';
