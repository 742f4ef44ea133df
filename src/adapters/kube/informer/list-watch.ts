import { ApiError } from '../../../ports/api-error.ts';
import type { ResourceType } from '../../../ports/informer.ts';
import type { Timers } from '../../../ports/time.ts';
import type { ApiClient } from '../http/api-client.ts';
import { errorFromStatus } from '../http/status-error.ts';
import type { WireObject } from '../mapping/wire.ts';
import { watchLines } from './watch-stream.ts';

/** Objects a page: a page is held whole as text, so it bounds the peak of memory. */
const PAGE_LIMIT = '250';

export interface ListWatchOptions {
  readonly type: ResourceType;
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export type WatchEvent =
  | { readonly kind: 'set'; readonly object: WireObject }
  | { readonly kind: 'delete'; readonly object: WireObject }
  | { readonly kind: 'bookmark'; readonly object: WireObject };

interface WireList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly WireObject[];
}

interface WireWatchEvent {
  readonly type?: string;
  readonly object?: WireObject & { readonly code?: number };
}

/** The list and the watch requests of one kind. */
export class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #dependencies: { readonly client: ApiClient; readonly timers: Timers };

  constructor(options: ListWatchOptions, dependencies: { readonly client: ApiClient; readonly timers: Timers }) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Lists page by page; each page is handed to `take` and then forgotten. Resolves to the version that was listed. */
  async list(take: (object: WireObject) => void, signal: AbortSignal): Promise<string> {
    let page: WireList | undefined;
    do {
      const next = page?.metadata?.continue;
      page = (await this.#dependencies.client.send({
        verb: 'list',
        path: this.#path(),
        query: { ...this.#selectors(), limit: PAGE_LIMIT, ...(next ? { continue: next } : {}) },
        signal,
      })) as WireList | undefined;
      for (const object of page?.items ?? []) take(object);
    } while (page?.metadata?.continue);
    return page?.metadata?.resourceVersion ?? '';
  }

  /**
   * Opens a watch: the changes since `resourceVersion` until the server ends it. Rejects with an ApiError; what it resolves
   * to throws an ApiError or a SilentWatchError.
   */
  async watch(
    resourceVersion: string,
    limits: { readonly timeoutSeconds: number; readonly idleMs: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent>> {
    const response = await this.#dependencies.client.stream({
      verb: 'watch',
      path: this.#path(),
      query: {
        ...this.#selectors(),
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(limits.timeoutSeconds),
      },
      signal,
    });
    return this.#events(watchLines(response, limits.idleMs, this.#dependencies.timers));
  }

  async *#events(lines: AsyncIterable<string>): AsyncGenerator<WatchEvent> {
    for await (const line of lines) yield this.#event(line);
  }

  #event(line: string): WatchEvent {
    const { type, object } = parseLine(line);
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        return { kind: 'set', object };
      case 'DELETED':
        return { kind: 'delete', object };
      case 'BOOKMARK':
        return { kind: 'bookmark', object };
      case 'ERROR':
        throw errorFromStatus(`watch ${this.#options.type.plural}`, object.code ?? 500, JSON.stringify(object));
      default:
        throw new ApiError('unavailable', `watch ${this.#options.type.plural}: unknown event type ${String(type)}`);
    }
  }

  #path() {
    const { type, namespace } = this.#options;
    return { type, ...(namespace === undefined ? {} : { namespace }) };
  }

  #selectors(): Record<string, string> {
    const { labelSelector, fieldSelector } = this.#options;
    return {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }
}

function parseLine(line: string): {
  readonly type: string | undefined;
  readonly object: WireObject & { code?: number };
} {
  let event: WireWatchEvent;
  try {
    event = JSON.parse(line) as WireWatchEvent;
  } catch {
    throw new ApiError('unavailable', 'a watch event is not JSON');
  }
  return { type: event.type, object: event.object ?? {} };
}
