import type { Decoded } from './decoded.ts';
import { type Refusal, refusal } from './refusal.ts';

/** What of an object that is in force is not done, since this program cannot do it. */
export function limitOf(value: Decoded): Refusal | undefined {
  if (value.kind !== 'BFDProfile' || !value.profile.echoMode) return undefined;
  return refusal('NotSupported', {
    field: 'spec.echoMode',
    value: true,
    message:
      'echo packets are not built, and BFD runs without them; remove the field, and write in receiveInterval and transmitInterval how fast a dead peer is to be noticed',
  });
}
