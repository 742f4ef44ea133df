import { isApiError } from '../../ports/api-error.ts';
import type { HelloKey } from '../../ports/channel.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.ts';
import type { Secret, SecretStore } from '../../ports/stores.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import {
  firstKeys,
  handedOutKeys,
  type KeptKeys,
  keptKeys,
  type RotationOptions,
  reconciled,
  rotated,
  secretData,
} from './hello-key-policy.ts';

export interface HelloKeysOptions extends RotationOptions {
  readonly secret: ObjectRef;
  /** Between two looks at the Secret. */
  readonly lookEveryMs: number;
  /** Pause after a failure. */
  readonly retryMs: number;
}

export const DEFAULT_HELLO_KEYS_OPTIONS = {
  everyMs: 24 * 3_600_000,
  introduceMs: 3_600_000,
  lookEveryMs: 600_000,
  retryMs: 5_000,
} satisfies Partial<HelloKeysOptions>;

export interface HelloKeysDependencies {
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** 32 octets that nobody can guess. */
  readonly newKey: () => Uint8Array;
  /** Hands them to every speaker. Called with the same keys again, it changes nothing. */
  readonly distribute: (keys: readonly HelloKey[]) => void;
  /**
   * Whether every speaker that lives can be told. Else nothing is changed: a node that missed a change would not be heard by
   * its neighbours any more, though it lives.
   */
  readonly reachesAll: () => boolean;
}

/**
 * The keys with which neighbours authenticate their hellos, on the leader. They are kept in a Secret, so that the next leader
 * hands out the same; each day there is a new one, which everybody knows an hour before anybody uses it. Whatever somebody
 * writes into the Secret, no key in use is replaced by one that speakers do not know yet. A new leader knows those in use by a
 * second copy in the Secret: only one that is made anew while nobody leads counts at once.
 */
export class HelloKeys {
  readonly #options: HelloKeysOptions;
  readonly #dependencies: HelloKeysDependencies;
  /** What the speakers have from us. */
  #handedOut: KeptKeys | undefined;

  constructor(
    options: Pick<HelloKeysOptions, 'secret'> & Partial<HelloKeysOptions>,
    dependencies: HelloKeysDependencies,
  ) {
    this.#options = { ...DEFAULT_HELLO_KEYS_OPTIONS, ...options };
    this.#dependencies = dependencies;
  }

  /** Hands out and rotates until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { lookEveryMs, retryMs } = this.#options;
    let failing = false;
    while (!signal.aborted) {
      const error = await this.#look(signal);
      if (error !== undefined && !failing) {
        this.#dependencies.log.warn('hello-keys-failed', { error, secret: this.#options.secret.name });
      }
      failing = error !== undefined;
      await pause(failing ? retryMs : lookEveryMs, this.#dependencies.timers, signal);
    }
  }

  /** What went wrong, if anything did. */
  async #look(signal: AbortSignal): Promise<string | undefined> {
    try {
      const kept = await this.#kept(signal);
      if (signal.aborted) return undefined;
      this.#handedOut = kept;
      this.#dependencies.distribute(kept.keys);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** The keys of now, which are in the Secret. */
  async #kept(signal: AbortSignal): Promise<KeptKeys> {
    const { secrets, clock, log, newKey, reachesAll } = this.#dependencies;
    const now = clock.wallTime();
    const stored = await secrets.get(this.#options.secret, signal);
    if (stored === undefined) return await this.#create(this.#handedOut ?? firstKeys({ now, newKey }), signal);
    const inUse = this.#handedOut ?? handedOutKeys(stored.data);
    const read = keptKeys(stored.data);
    const before = reconciled(read, inUse, now);
    if (read === undefined || read !== before) this.#tell(stored, read, inUse);
    if (before === undefined && !reachesAll())
      throw new Error('the Secret has no keys that can be read, and not every speaker can be told new ones now');
    if (before !== undefined && !reachesAll()) return inUse ?? before;
    const next =
      before === undefined
        ? firstKeys({ now, newKey })
        : (rotated(before, { now, newKey, ...this.#options }) ?? before);
    if (next === read) return read;
    await secrets.update({ ...stored, data: secretData(next) }, signal);
    log.info('hello-keys-changed', { ids: next.keys.map(({ id }) => id).join(), introducing: next.introducing });
    return next;
  }

  #tell(stored: Secret, read: KeptKeys | undefined, inUse: KeptKeys | undefined): void {
    const { log } = this.#dependencies;
    const secret = stored.meta.name;
    if (read !== undefined) log.warn('hello-keys-edited', { secret, done: 'introduced beside those in use' });
    else log.warn('hello-keys-unreadable', { secret, done: inUse === undefined ? 'made anew' : 'written back' });
  }

  async #create(keys: KeptKeys, signal: AbortSignal): Promise<KeptKeys> {
    const { secrets } = this.#dependencies;
    try {
      await secrets.create({ ref: this.#options.secret, type: 'Opaque', data: secretData(keys) }, signal);
      return keys;
    } catch (error) {
      // Somebody was faster: his are the keys.
      if (!isApiError(error, 'already-exists')) throw error;
      const stored = await secrets.get(this.#options.secret, signal);
      const kept = stored && keptKeys(stored.data);
      if (kept === undefined) throw error;
      return kept;
    }
  }
}
