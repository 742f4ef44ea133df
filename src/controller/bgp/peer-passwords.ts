import type { BgpPeer } from '../../core/config/bgp-config.ts';
import { describeProblem } from '../../core/config/problem.ts';
import type { Informer } from '../../ports/informer.ts';
import { keyOf, type ObjectRef } from '../../ports/kubernetes.ts';
import type { Secret } from '../../ports/stores.ts';
import type { Timer, Timers } from '../../ports/time.ts';

/** Where single Secrets are watched: no other is ever read. */
export interface SecretWatcher {
  /** Its cache holds this one Secret at most, and is kept current until `signal` aborts. */
  watch(ref: ObjectRef, signal: AbortSignal): Informer<Secret>;
}

/** What is known of the password of a peer. */
export type PeerPassword =
  | { readonly kind: 'none' }
  /** `problem`: what is wrong with the Secret now, though it was right before. */
  | { readonly kind: 'known'; readonly value: string; readonly problem?: string }
  /** Not read yet. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'missing'; readonly problem: string };

export interface PeerPasswordsOptions {
  /** A Secret that could not be read for so long is said to be unreadable. */
  readonly patienceMs: number;
}

const SECRET_TYPE = 'kubernetes.io/basic-auth';
const SECRET_KEY = 'password';
/** As much as TCP_MD5SIG takes. */
const OCTETS_MAX = 80;

interface Watched {
  readonly ref: ObjectRef;
  readonly informer: Informer<Secret>;
  readonly stop: () => void;
  /** Runs until the Secret was read for the first time. */
  patience: Timer | undefined;
  password: PeerPassword;
}

const NONE: PeerPassword = { kind: 'none' };
const PENDING: PeerPassword = { kind: 'pending' };

/**
 * The passwords of the peers, those in Secrets followed as they change. A session does not lose the password that it has
 * because its Secret is being replaced, or was deleted by mistake.
 */
export class PeerPasswords {
  readonly #options: PeerPasswordsOptions;
  readonly #dependencies: { readonly secrets: SecretWatcher; readonly timers: Timers };
  /** By `namespace/name`. BOUNDED: by the Secrets that peers name. */
  readonly #watched = new Map<string, Watched>();
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: (() => void)[] = [];
  #signal: AbortSignal | undefined;

  constructor(
    options: PeerPasswordsOptions,
    dependencies: { readonly secrets: SecretWatcher; readonly timers: Timers },
  ) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Watches until `signal` aborts, once there is something to watch. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.configure([]), { once: true });
  }

  /** Told when some password is another, or another thing is wrong with one. Must not throw. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Watches the Secrets that these peers name, and no others. */
  configure(peers: readonly BgpPeer[]): void {
    const wanted = new Map(peers.flatMap(({ password }) => (password?.kind === 'secret' ? [entryOf(password)] : [])));
    for (const [key, watched] of this.#watched) {
      if (wanted.has(key)) continue;
      watched.stop();
      watched.patience?.cancel();
      this.#watched.delete(key);
    }
    for (const [key, ref] of wanted) if (!this.#watched.has(key)) this.#watch(key, ref);
  }

  passwordOf({ password }: Pick<BgpPeer, 'password'>): PeerPassword {
    if (password === undefined) return NONE;
    if (password.kind === 'plain') return { kind: 'known', value: password.value };
    return this.#watched.get(keyOf(password))?.password ?? PENDING;
  }

  /** Whether some Secret was not read yet. */
  get pending(): boolean {
    return [...this.#watched.values()].some(({ password }) => password.kind === 'pending');
  }

  #watch(key: string, ref: ObjectRef): void {
    const parent = this.#signal;
    if (parent === undefined || parent.aborted) return;
    const own = new AbortController();
    const signal = AbortSignal.any([parent, own.signal]);
    const informer = this.#dependencies.secrets.watch(ref, signal);
    const watched: Watched = { ref, informer, stop: () => own.abort(), patience: undefined, password: PENDING };
    this.#watched.set(key, watched);
    watched.patience = this.#dependencies.timers.start(this.#options.patienceMs, () => {
      this.#learn(watched, { kind: 'missing', problem: unreadable(ref) });
    });
    const read = (): void => this.#learn(watched, passwordIn(informer.get(key), ref));
    informer.onChange(read);
    // It rejects only when nobody waits any more.
    informer.synced(signal).then(read, () => undefined);
  }

  #learn(watched: Watched, found: PeerPassword): void {
    watched.patience?.cancel();
    const before = watched.password;
    watched.password =
      found.kind === 'missing' && before.kind === 'known'
        ? {
            ...before,
            problem: `${found.problem} The password that it had stays in use.`,
          }
        : found;
    if (samePassword(before, watched.password)) return;
    for (const listener of this.#listeners) listener();
  }
}

function passwordIn(secret: Secret | undefined, ref: ObjectRef): PeerPassword {
  if (secret === undefined) {
    return wrong(ref, `there is no Secret of this name in namespace "${ref.namespace}"; create one ${asItShouldBe()}`);
  }
  if (secret.type !== SECRET_TYPE) {
    return wrong(ref, `is a Secret of type "${secret.type}"; delete it, and create one ${asItShouldBe()}`);
  }
  const octets = secret.data[SECRET_KEY];
  if (octets === undefined || octets.length === 0) {
    return wrong(ref, `is a Secret without the key "${SECRET_KEY}"; put the password there`);
  }
  if (octets.length > OCTETS_MAX) {
    return wrong(ref, `has a password that is longer than TCP-MD5 takes; write at most ${OCTETS_MAX} octets`);
  }
  try {
    return { kind: 'known', value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets) };
  } catch {
    return wrong(ref, 'has a password that is no text in UTF-8; write one');
  }
}

function wrong({ name }: ObjectRef, message: string): PeerPassword {
  return { kind: 'missing', problem: `${describeProblem({ field: 'spec.passwordSecret', value: name, message })}.` };
}

function asItShouldBe(): string {
  return `of type ${SECRET_TYPE} with the key "${SECRET_KEY}"`;
}

function unreadable({ namespace, name }: ObjectRef): string {
  const message = `cannot be read; look at what the controller logs, and whether it may list and watch Secrets in namespace "${namespace}"`;
  return `${describeProblem({ field: 'spec.passwordSecret', value: name, message })}.`;
}

function samePassword(a: PeerPassword, b: PeerPassword): boolean {
  if (a.kind === 'known' && b.kind === 'known') return a.value === b.value && a.problem === b.problem;
  if (a.kind === 'missing' && b.kind === 'missing') return a.problem === b.problem;
  return a.kind === b.kind;
}

function entryOf({ namespace, name }: ObjectRef): readonly [string, ObjectRef] {
  return [keyOf({ namespace, name }), { namespace, name }];
}
