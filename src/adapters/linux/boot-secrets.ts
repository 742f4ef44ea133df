import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecretBox } from '../../ports/secret-box.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const MACHINE_ID = '/etc/machine-id';

/**
 * Seals with a key that is made anew whenever the machine starts, of what the kernel calls this start: the sealed text alone (a
 * backup, an image of the disk) is worth nothing. It does not hide it from root of the running machine, who can read the memory
 * of the program too, nor from who also has the identifiers of that start and of the machine: journald writes them with each line.
 */
export class BootSecrets implements SecretBox {
  readonly #origin: string;

  private constructor(origin: string) {
    this.#origin = origin;
  }

  static async of(nodeName: string): Promise<BootSecrets> {
    const boot = await readFile(BOOT_ID, 'utf8');
    const machine = await readFile(MACHINE_ID, 'utf8').catch(() => '');
    return new BootSecrets(`${boot}\n${machine}\n${nodeName}`);
  }

  seal(text: string): string {
    const salt = randomBytes(SALT_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key(salt), nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  open(sealed: string): string | undefined {
    const octets = Buffer.from(sealed, 'base64');
    const salt = octets.subarray(0, SALT_BYTES);
    const nonce = octets.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES);
    const tagEnd = SALT_BYTES + NONCE_BYTES + TAG_BYTES;
    if (octets.length < tagEnd) return undefined;
    try {
      const decipher = createDecipheriv(CIPHER, this.#key(salt), nonce);
      decipher.setAuthTag(octets.subarray(SALT_BYTES + NONCE_BYTES, tagEnd));
      return Buffer.concat([decipher.update(octets.subarray(tagEnd)), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }

  #key(salt: Uint8Array): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#origin, salt, 'heraldlb local state', KEY_BYTES));
  }
}
