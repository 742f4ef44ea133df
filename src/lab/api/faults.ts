import { setTimeout as sleep } from 'node:timers/promises';
import type { ResourceRequest } from './http/request.ts';
import type { WatchStream } from './http/watch-stream.ts';
import type { Verb } from './resource.ts';

/** Which requests a fault hits; an absent member matches all. */
export interface FaultMatch {
  readonly verbs?: readonly Verb[];
  /** Plural names, with subresource where one is meant: `services`, `services/status`. */
  readonly resources?: readonly string[];
  readonly namespace?: string;
  readonly name?: string;
  /** User name, as `system:serviceaccount:heraldlb-system:controller`. */
  readonly user?: string;
}

export type FaultEffect =
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  /** The answer comes late; a `delay` may stand before another fault. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** The connection stays open and no answer ever comes. */
  | { readonly kind: 'silence' }
  /** The request is carried out, and then the connection is reset instead of the answer. */
  | { readonly kind: 'lost-answer' };

export interface Fault {
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
  /** How many requests it hits before it is over; absent: until it is removed. */
  readonly times?: number;
}

/** Ready-made effects. */
export const effects = {
  tooManyRequests: (retryAfterSeconds = 1): FaultEffect => ({
    kind: 'status',
    code: 429,
    reason: 'TooManyRequests',
    message: 'too many requests, please try again later',
    retryAfterSeconds,
  }),
  internalError: (): FaultEffect => ({
    kind: 'status',
    code: 500,
    reason: 'InternalError',
    message: 'Internal error occurred: injected fault',
  }),
  unavailable: (): FaultEffect => ({
    kind: 'status',
    code: 503,
    reason: 'ServiceUnavailable',
    message: 'the server is currently unable to handle the request',
  }),
  conflict: (): FaultEffect => ({
    kind: 'status',
    code: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again',
  }),
} as const;

interface ActiveFault {
  readonly fault: Fault;
  left: number;
  hits: number;
}

/** Handle on an injected fault. */
export interface InjectedFault {
  /** Requests that it has hit. */
  readonly hits: number;
  remove(): void;
}

/** What tests do to the server. All of it ends with `clear`. */
export class Faults {
  /** BOUNDED: by what a test injects. */
  readonly #active = new Set<ActiveFault>();
  /** BOUNDED: by open watches. */
  readonly #watches = new Map<WatchStream, ResourceRequest & { readonly user: string }>();
  /** BOUNDED: by what a test injects. */
  readonly #stalls = new Set<FaultMatch>();

  inject(fault: Fault): InjectedFault {
    const active: ActiveFault = { fault, left: fault.times ?? Number.POSITIVE_INFINITY, hits: 0 };
    this.#active.add(active);
    return {
      get hits() {
        return active.hits;
      },
      remove: () => this.#active.delete(active),
    };
  }

  clear(): void {
    this.#active.clear();
    this.#stalls.clear();
    for (const watch of this.#watches.keys()) watch.resume();
  }

  /** Cuts open watches without a last word; says how many. */
  dropWatches(match: FaultMatch = {}): number {
    const dropped = this.#matching(match);
    for (const watch of dropped) watch.drop();
    return dropped.length;
  }

  /** Ends open watches in good order, as the server does at their timeout; says how many. */
  endWatches(match: FaultMatch = {}): number {
    const ended = this.#matching(match);
    for (const watch of ended) watch.end();
    return ended.length;
  }

  /** Open and future watches stay open and say nothing, until the returned function is called. */
  stallWatches(match: FaultMatch = {}): () => void {
    this.#stalls.add(match);
    for (const watch of this.#matching(match)) watch.stall();
    return () => {
      this.#stalls.delete(match);
      for (const [watch, request] of this.#watches) if (!this.#isStalled(request, request.user)) watch.resume();
    };
  }

  /** Open watches that match. */
  watchCount(match: FaultMatch = {}): number {
    return this.#matching(match).length;
  }

  /** For the server: effects for a request, in the order of injection, ended by the first that answers. */
  async apply(request: ResourceRequest, user: string): Promise<FaultEffect | undefined> {
    for (const active of this.#active) {
      if (active.left <= 0 || !matches(active.fault.match, request, user)) continue;
      active.left -= 1;
      active.hits += 1;
      if (active.fault.effect.kind !== 'delay') return active.fault.effect;
      await sleep(active.fault.effect.ms);
    }
    return undefined;
  }

  /** For the server: a watch is open; the returned function says that it ended. */
  watchOpened(watch: WatchStream, request: ResourceRequest, user: string): () => void {
    this.#watches.set(watch, { ...request, user });
    if (this.#isStalled(request, user)) watch.stall();
    return () => this.#watches.delete(watch);
  }

  #isStalled(request: ResourceRequest, user: string): boolean {
    return [...this.#stalls].some((match) => matches(match, request, user));
  }

  #matching(match: FaultMatch): WatchStream[] {
    return [...this.#watches].flatMap(([watch, request]) => (matches(match, request, request.user) ? [watch] : []));
  }
}

function matches(match: FaultMatch, request: ResourceRequest, user: string): boolean {
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  return (
    (match.verbs?.includes(request.verb) ?? true) &&
    (match.resources?.includes(resource) ?? true) &&
    (match.namespace === undefined || match.namespace === request.namespace) &&
    (match.name === undefined || match.name === request.name) &&
    (match.user === undefined || match.user === user)
  );
}
