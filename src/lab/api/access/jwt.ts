import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { isObject, type JsonObject, parseJson } from '../json.ts';

/** Signs and checks compact tokens with one ES256 key. @see RFC 7515, RFC 7519, RFC 7518 §3.4 */
export class TokenSigner {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  /** `privateKey`: PKCS #8 PEM of a P-256 key, for tokens that outlive this process; a fresh key otherwise. */
  constructor(privateKey?: string) {
    this.#privateKey =
      privateKey === undefined
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : createPrivateKey(privateKey);
    this.#publicKey = createPublicKey(this.#privateKey);
  }

  sign(claims: JsonObject): string {
    const signed = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** The claims of a token that this key signed; expiry is not looked at. */
  verify(token: string): JsonObject | undefined {
    const [header, claims, signature, ...rest] = token.split('.');
    if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) return undefined;
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' } as const;
    try {
      const genuine = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
      const parsed = parseJson(Buffer.from(claims, 'base64url').toString('utf8'));
      return genuine && isObject(parsed) ? parsed : undefined;
    } catch {
      return undefined;
    }
  }

  /** @see RFC 7517 */
  get jwks(): JsonObject {
    const jwk = this.#publicKey.export({ format: 'jwk' });
    const { kty = '', crv = '', x = '', y = '' } = jwk;
    return { keys: [{ use: 'sig', kty, kid: '', alg: 'ES256', crv, x, y }] };
  }
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
