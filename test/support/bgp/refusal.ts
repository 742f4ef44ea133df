import { BgpError } from '../../../src/core/codec/bgp/index.ts';
import { toHex } from './octets.ts';

/** The NOTIFICATION that reading ends with, as `code/subcode data`; undefined when it ends well. Any other error fails the test. */
export function refusal(read: () => unknown): string | undefined {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    const { code, subcode, data } = error.notification;
    return `${code}/${subcode} ${toHex(data)}`.trim();
  }
  return undefined;
}
