import { isApiError } from '../../ports/api-error.ts';
import type { HelloKey } from '../../ports/channel.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.ts';
import type { SecretStore } from '../../ports/stores.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import { firstKeys, type KeptKeys, keptKeys, type RotationOptions, rotated, secretData } from './hello-key-policy.ts';

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
 * hands out the same; each day there is a new one, which everybody knows an hour before anybody uses it.
 */
export class HelloKeys {
  readonly #options: HelloKeysOptions;
  readonly #dependencies: HelloKeysDependencies;

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
      const { keys } = await this.#kept(signal);
      if (!signal.aborted) this.#dependencies.distribute(keys);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The keys of now, which are in the Secret. */
  async #kept(signal: AbortSignal): Promise<KeptKeys> {
    const { secrets, clock, log, newKey, reachesAll } = this.#dependencies;
    const now = clock.wallTime();
    const stored = await secrets.get(this.#options.secret, signal);
    if (stored === undefined) return await this.#create(firstKeys({ now, newKey }), signal);
    const kept = keptKeys(stored.data);
    if (kept === undefined) log.warn('hello-keys-unreadable', { secret: stored.meta.name, remedy: 'made anew' });
    if (kept !== undefined && !reachesAll()) return kept;
    const next =
      kept === undefined ? firstKeys({ now, newKey }) : (rotated(kept, { now, newKey, ...this.#options }) ?? kept);
    if (next === kept) return kept;
    await secrets.update({ ...stored, data: secretData(next) }, signal);
    log.info('hello-keys-changed', { ids: next.keys.map(({ id }) => id).join(), introducing: next.introducing });
    return next;
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
