import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Resource } from '../resource.ts';
import { StatusError } from '../status-error.ts';
import { type Change, type Collection, withRevision } from '../store/collection.ts';
import type { ObjectFilter } from '../store/selectors.ts';
import { asVersion } from '../writes.ts';

/** A client that has this many bytes unread is cut off. */
const LARGEST_BACKLOG = 32 * 1024 * 1024;

export interface WatchOptions {
  readonly resource: Resource;
  readonly namespace: string;
  readonly filter: ObjectFilter;
  /** Undefined: start with the present state. */
  readonly since: number | undefined;
  /** Whether a bookmark says where the present state ends. */
  readonly endOfInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number;
  readonly bookmarkSeconds: number;
  readonly encode: (object: KubeObject) => string;
}

/** One open watch: writes each change of a collection that its filter lets through as a line of JSON. */
export class WatchStream {
  readonly options: WatchOptions;
  readonly #collection: Collection;
  readonly #response: ServerResponse;
  readonly #currentRevision: () => number;
  readonly #reset: () => void;
  readonly #timers: NodeJS.Timeout[] = [];
  #unsubscribe: (() => void) | undefined;
  #stalled = false;
  /** Lines held back while stalled. BOUNDED: by LARGEST_BACKLOG lines of changes until the stall ends. */
  #held: string[] = [];

  constructor(
    options: WatchOptions,
    dependencies: {
      readonly collection: Collection;
      readonly response: ServerResponse;
      readonly currentRevision: () => number;
      /** Resets the connection. */
      readonly reset: () => void;
    },
  ) {
    this.options = options;
    this.#collection = dependencies.collection;
    this.#response = dependencies.response;
    this.#currentRevision = dependencies.currentRevision;
    this.#reset = dependencies.reset;
  }

  start(): void {
    this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
    this.#response.on('close', () => this.#release());
    try {
      this.#tellPast();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#line('ERROR', JSON.stringify(error.body));
      this.end();
      return;
    }
    this.#unsubscribe = this.#collection.subscribe((change) => this.#tell(change));
    this.#timers.push(setTimeout(() => this.#expire(), this.options.timeoutSeconds * 1000));
    if (this.options.bookmarks) {
      this.#timers.push(setInterval(() => this.#bookmark(), this.options.bookmarkSeconds * 1000));
    }
  }

  /** Ends in good order, as at a timeout. */
  end(): void {
    this.#release();
    this.#response.end();
  }

  /** Cuts the connection. */
  drop(): void {
    this.#release();
    this.#reset();
  }

  /** From now on the connection stays open and silent, until `resume`. */
  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    for (const line of this.#held) this.#write(line);
    this.#held = [];
  }

  #tellPast(): void {
    const { since, resource, namespace, filter, endOfInitialEvents } = this.options;
    if (since === undefined) {
      for (const stored of this.#collection.list(namespace)) {
        const object = asVersion(stored, resource);
        if (filter(object)) this.#line('ADDED', this.options.encode(object));
      }
    } else {
      for (const change of this.#collection.changesSince(since)) this.#tell(change);
    }
    if (endOfInitialEvents) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  #tell(change: Change): void {
    const { namespace, filter, resource } = this.options;
    if (namespace !== '' && change.object.metadata.namespace !== namespace) return;
    const object = asVersion(change.object, resource);
    const before = change.previous === undefined ? undefined : asVersion(change.previous, resource);
    const was = before !== undefined && filter(before);
    const is = change.type !== 'DELETED' && filter(object);
    if (is) this.#line(was ? 'MODIFIED' : 'ADDED', this.options.encode(object));
    else if (was) {
      // A watcher that loses sight of an object sees it as it last saw it, under the revision of the change.
      const last = change.type === 'DELETED' ? object : withRevision(before, change.revision);
      this.#line('DELETED', this.options.encode(last));
    }
  }

  #bookmark(annotations?: JsonObject): void {
    const { kind, group, version } = this.options.resource;
    const bookmark = {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: {
        resourceVersion: String(this.#currentRevision()),
        ...(annotations === undefined ? {} : { annotations }),
      },
    };
    this.#line('BOOKMARK', JSON.stringify(bookmark));
  }

  #expire(): void {
    if (!this.#stalled) this.end();
  }

  #line(type: string, object: string): void {
    const line = `{"type":"${type}","object":${object}}\n`;
    if (!this.#stalled) this.#write(line);
    else if (this.#held.length < LARGEST_BACKLOG / 1024) this.#held.push(line);
  }

  #write(line: string): void {
    if (this.#response.writableLength > LARGEST_BACKLOG) this.drop();
    else this.#response.write(line);
  }

  #release(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#held = [];
  }
}
