export * from './byte-reader.ts';
export * from './byte-writer.ts';
export * from './checksum.ts';
export * from './decode-error.ts';
export * from './hash.ts';
export * from './same-octets.ts';
