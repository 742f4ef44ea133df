import { AUTHENTICATOR_LENGTH, MAX_HELLO_LENGTH } from './constants.ts';
import type { Hello } from './types.ts';

const FIXED_LENGTH = 4 + 1 + 1 + 1 + 1 + 4 + 6 + 4 + 14 + 2 + 2 + 4 + 1 + 1 + 1 + AUTHENTICATOR_LENGTH;
const INTERFACE_LENGTH = 1 + 6 + 1;
const HEARD_LENGTH = 4 + 2;

/** Octets that are left for entries in a hello that says all the rest. */
export function roomForEntries(hello: Pick<Hello, 'sender' | 'interfaces' | 'heard'>): number {
  let used = FIXED_LENGTH + hello.sender.length + hello.heard.length * HEARD_LENGTH;
  for (const { name } of hello.interfaces) used += INTERFACE_LENGTH + name.length;
  return MAX_HELLO_LENGTH - used;
}
