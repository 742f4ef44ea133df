import type { BgpRoute, BgpSettings } from '../../ports/bgp-channel.ts';
import type { ControllerMessage, Grant } from '../../ports/channel.ts';
import type { ControllerFrame } from './controller-frames.ts';

/** Grants in one message: about 100 KiB with names of usual length, and below the 4 MiB with the longest. */
export const GRANTS_PER_MESSAGE = 1000;
/** Routes in one message: about 10 KiB, and below the 4 MiB where each names 60 peers with the longest names. */
const ROUTES_PER_MESSAGE = 200;
const MAX_SNAPSHOT_ENTRIES = 1_000_000;

/** What tells the speaker something, other than that the controller is there. */
type Telling<Message extends { readonly kind: string }> = Exclude<Message, { readonly kind: 'welcome' | 'heartbeat' }>;

/** A message as the frames that carry it: a snapshot may need several. */
export function* framesOf(message: ControllerMessage): Generator<ControllerFrame> {
  switch (message.kind) {
    case 'snapshot':
      for (const { part, more } of partsOf(message.grants, GRANTS_PER_MESSAGE)) {
        yield { kind: 'snapshot', revision: message.revision, grants: part, more };
      }
      return;
    case 'bgp-snapshot':
      for (const { part, more, first } of partsOf(message.routes, ROUTES_PER_MESSAGE)) {
        const settings = first ? { settings: message.settings } : {};
        yield { kind: 'bgp-snapshot', revision: message.revision, ...settings, routes: part, more };
      }
      return;
    default:
      yield message;
  }
}

/** Puts snapshots together again. */
export class SnapshotAssembly {
  /** BOUNDED: by MAX_SNAPSHOT_ENTRIES. */
  #grants: Grant[] = [];
  /** BOUNDED: by MAX_SNAPSHOT_ENTRIES. */
  #routes: BgpRoute[] = [];
  #settings: BgpSettings | undefined;

  /** The message that is whole now; undefined while more of it is to come. @throws Error for a snapshot that none can be. */
  add(frame: Telling<ControllerFrame>): Telling<ControllerMessage> | undefined {
    switch (frame.kind) {
      case 'snapshot':
        append(this.#grants, frame.grants);
        return frame.more ? undefined : { kind: 'snapshot', revision: frame.revision, grants: this.#takeGrants() };
      case 'bgp-snapshot': {
        append(this.#routes, frame.routes);
        this.#settings ??= frame.settings;
        return frame.more ? undefined : { kind: 'bgp-snapshot', revision: frame.revision, ...this.#takeRoutes() };
      }
      default:
        return frame;
    }
  }

  #takeGrants(): readonly Grant[] {
    const grants = this.#grants;
    this.#grants = [];
    return grants;
  }

  #takeRoutes(): { readonly settings: BgpSettings; readonly routes: readonly BgpRoute[] } {
    const [routes, settings] = [this.#routes, this.#settings];
    if (settings === undefined) throw new Error('a snapshot without settings');
    this.#routes = [];
    this.#settings = undefined;
    return { settings, routes };
  }
}

interface Part<Entry> {
  readonly part: readonly Entry[];
  readonly first: boolean;
  readonly more: boolean;
}

/** At least one, though it be empty. */
function* partsOf<Entry>(entries: readonly Entry[], size: number): Generator<Part<Entry>> {
  let from = 0;
  do {
    const part = entries.slice(from, from + size);
    yield { part, first: from === 0, more: from + size < entries.length };
    from += size;
  } while (from < entries.length);
}

function append<Entry>(to: Entry[], entries: readonly Entry[]): void {
  for (const entry of entries) to.push(entry);
  if (to.length > MAX_SNAPSHOT_ENTRIES) throw new Error('a snapshot without end');
}
