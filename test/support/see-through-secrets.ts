import type { SecretBox } from '../../src/ports/secret-box.ts';

/** Seals in a way that a test can see through. */
export const SEE_THROUGH_SECRETS: SecretBox = {
  seal: (text) => `sealed:${Buffer.from(text).toString('hex')}`,
  open: (sealed) => (sealed.startsWith('sealed:') ? Buffer.from(sealed.slice(7), 'hex').toString() : undefined),
};
