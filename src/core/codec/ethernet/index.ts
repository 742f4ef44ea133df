export * from './constants.ts';
export * from './header.ts';
