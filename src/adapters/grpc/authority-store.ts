import { isApiError } from '../../ports/api-error.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';
import type { ConfigMapStore, Secret, SecretStore } from '../../ports/stores.ts';
import { type Authority, isAuthority } from './certificates.ts';

/** The CAs of an installation with their keys. */
export interface Authorities {
  readonly active: Authority;
  readonly next?: Authority;
  /** Signs nothing any more, so its key is gone. */
  readonly previous?: { readonly certificate: string };
}

export interface StoredAuthorities {
  /** Undefined: the Secret is there, but holds nothing usable. */
  readonly authorities: Authorities | undefined;
  readonly secret: Secret;
}

export interface AuthorityStoreOptions {
  readonly secret: ObjectRef;
  readonly bundle: ObjectRef;
  /** Key of the ConfigMap that holds the bundle. */
  readonly bundleKey: string;
}

const LABELS = { 'app.kubernetes.io/name': 'heraldlb', 'app.kubernetes.io/managed-by': 'heraldlb-controller' };

/** The CAs as they lie in the API: keys in a Secret, certificates in a ConfigMap that speakers mount. */
export class AuthorityStore {
  readonly #options: AuthorityStoreOptions;
  readonly #secrets: SecretStore;
  readonly #configMaps: ConfigMapStore;

  constructor(
    options: AuthorityStoreOptions,
    dependencies: { readonly secrets: SecretStore; readonly configMaps: ConfigMapStore },
  ) {
    this.#options = options;
    this.#secrets = dependencies.secrets;
    this.#configMaps = dependencies.configMaps;
  }

  /** Undefined when there is no Secret. @throws ApiError */
  async read(signal: AbortSignal): Promise<StoredAuthorities | undefined> {
    const secret = await this.#secrets.get(this.#options.secret, signal);
    return secret && { authorities: authoritiesOf(secret.data), secret };
  }

  /** False when another replica was faster: read again. @throws ApiError */
  async write(authorities: Authorities, stored: StoredAuthorities | undefined, signal: AbortSignal): Promise<boolean> {
    const data = dataOf(authorities);
    try {
      if (stored === undefined) {
        await this.#secrets.create({ ref: this.#options.secret, labels: LABELS, type: 'Opaque', data }, signal);
      } else {
        await this.#secrets.update({ ...stored.secret, data }, signal);
      }
      return true;
    } catch (error) {
      if (isApiError(error, 'conflict', 'already-exists', 'not-found')) return false;
      throw error;
    }
  }

  /** Makes the bundle hold every certificate to trust. @throws ApiError */
  async publish(authorities: Authorities, signal: AbortSignal): Promise<void> {
    const { bundle, bundleKey } = this.#options;
    const data = { [bundleKey]: bundleOf(authorities) };
    try {
      const present = await this.#configMaps.get(bundle, signal);
      if (present === undefined) await this.#configMaps.create({ ref: bundle, labels: LABELS, data }, signal);
      else if (present.data[bundleKey] !== data[bundleKey]) await this.#configMaps.update({ ...present, data }, signal);
    } catch (error) {
      // Another replica writes the same, and the next round looks again.
      if (!isApiError(error, 'conflict', 'already-exists', 'not-found')) throw error;
    }
  }
}

/** The signing one first, for people who look. */
function bundleOf(authorities: Authorities): string {
  return [authorities.active, authorities.next, authorities.previous].map((one) => one?.certificate ?? '').join('');
}

function dataOf({ active, next, previous }: Authorities): Record<string, Uint8Array> {
  const texts = {
    'ca.crt': active.certificate,
    'ca.key': active.privateKey,
    ...(next === undefined ? {} : { 'next.crt': next.certificate, 'next.key': next.privateKey }),
    ...(previous === undefined ? {} : { 'previous.crt': previous.certificate }),
  };
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text)]));
}

function authoritiesOf(data: Secret['data']): Authorities | undefined {
  const text = (key: string): string => Buffer.from(data[key] ?? []).toString('utf8');
  const active = { certificate: text('ca.crt'), privateKey: text('ca.key') };
  const next = { certificate: text('next.crt'), privateKey: text('next.key') };
  const previous = { certificate: text('previous.crt') };
  if (!isAuthority(active)) return undefined;
  return {
    active,
    ...(isAuthority(next) ? { next } : {}),
    ...(previous.certificate === '' ? {} : { previous }),
  };
}
