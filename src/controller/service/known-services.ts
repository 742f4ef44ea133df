import type { LoadBalancerIngress, Service } from '../../ports/kubernetes.ts';
import type { Clock } from '../../ports/time.ts';
import { type Annotations, sameIngress } from './predicates.ts';

/** What people are told about a Service: each topic by itself. BOUNDED: these. */
export type Topic = 'nodes' | 'waiting' | 'put-off';

/** What the controller remembers of a Service that it has worked on. */
export interface KnownService {
  /** As last seen: what is released when it is gone. */
  service: Service;
  /** What its status is to say; undefined until the provider has said it. */
  desired: readonly LoadBalancerIngress[] | undefined;
  /** What its annotations are to say. */
  annotations: Annotations;
  /** The nodes that the provider was told last. */
  nodesSignature: string | undefined;
  /** What our last patch made of which version, until the informer has it. */
  written: { readonly from: string; readonly service: Service } | undefined;
  /** What people were told last of each topic, and when: they are not told the same at each attempt. */
  readonly told: Partial<Record<Topic, { readonly message: string; readonly atMs: number }>>;
  /** Nothing is allocated to it any more; it is kept for `written` only. */
  released: boolean;
  overwritten: { readonly times: number; readonly atMs: number };
}

const NEVER_OVERWRITTEN = { times: 0, atMs: Number.NEGATIVE_INFINITY } as const;

/** An event lives for an hour in the API: what still holds is told again before. */
const TELL_AGAIN_MS = 50 * 60_000;
/** Overwrites within so short a time of each other are a quarrel, not an accident. */
const QUARREL_MS = 60_000;
/** So many overwrites are put right at once; then we give way more and more. */
const PATIENCE = 3;

/** The Services that something may be allocated to. */
export class KnownServices {
  readonly #clock: Clock;
  /** BOUNDED: by the Services of the cluster that are ours. */
  readonly #known = new Map<string, KnownService>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): KnownService | undefined {
    return this.#known.get(key);
  }

  entries(): Iterable<readonly [string, KnownService]> {
    return this.#known.entries();
  }

  /** Remembers a Service from before its provider is called, so that whatever the call allocates is released. */
  remember(key: string, service: Service): KnownService {
    const present = this.#known.get(key);
    if (present !== undefined) {
      present.service = service;
      present.released = false;
      return present;
    }
    const known: KnownService = {
      service,
      desired: undefined,
      annotations: {},
      nodesSignature: undefined,
      written: undefined,
      told: {},
      released: false,
      overwritten: NEVER_OVERWRITTEN,
    };
    this.#known.set(key, known);
    return known;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }

  /** The informer shows `service`: keeps the one copy that the cache shares, and drops our own when it is overtaken. */
  seen(key: string, service: Service): void {
    const known = this.#known.get(key);
    if (known === undefined || known.service.meta.uid !== service.meta.uid) return;
    known.service = service;
    // One copy for each Service is enough.
    if (known.desired !== undefined && sameIngress(known.desired, service.status.ingress)) {
      known.desired = service.status.ingress;
    }
    if (known.written?.from === service.meta.resourceVersion) return;
    known.written = undefined;
    if (known.released) this.#known.delete(key);
  }

  /** The informer does not show it any more: says whether something may still be allocated to it. */
  gone(key: string): boolean {
    const known = this.#known.get(key);
    if (known?.released) this.#known.delete(key);
    return known !== undefined && !known.released;
  }

  /** Whether to tell people `message`, which may be what they were told at the last attempt. */
  shouldTell(known: KnownService, topic: Topic, message: string): boolean {
    const atMs = this.#clock.nowMs();
    const told = known.told[topic];
    if (told?.message === message && atMs - told.atMs < TELL_AGAIN_MS) return false;
    known.told[topic] = { message, atMs };
    return true;
  }

  /** Somebody overwrote the status: how long to leave it so, and whether this has become a quarrel. */
  overwritten(known: KnownService): { readonly delayMs: number; readonly quarrel: boolean } {
    const atMs = this.#clock.nowMs();
    const times = atMs - known.overwritten.atMs < QUARREL_MS ? known.overwritten.times + 1 : 1;
    known.overwritten = { times, atMs };
    const excess = times - PATIENCE;
    return { delayMs: excess <= 0 ? 0 : Math.min(QUARREL_MS / 2, 1_000 * 2 ** excess), quarrel: excess === 1 };
  }
}
