import type { AnnouncementState } from '../../controller/announcer/service-announcement.ts';
import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { Clock } from '../../ports/time.ts';
import { type Column, formatTable } from '../table.ts';

/** An address came to a node, or is announced by none any more. */
export interface TimelineEntry {
  readonly address: string;
  /** `namespace/name` of a Service that has it. */
  readonly service: string;
  /** Absent: nobody announces it. */
  readonly node?: string;
  /** RFC 3339. */
  readonly at: string;
  /** A word of the ownership machine, or the sentence that says why nobody announces it. */
  readonly reason: string;
  /** How long nobody answered, in milliseconds, as far as it is known. */
  readonly gapMs?: number;
}

export interface TimelineSource {
  statesOf(serviceKey: string): readonly AnnouncementState[];
  onChange(listener: (serviceKey: string) => void): void;
}

const CAPACITY = 1000;

/** Who announced each address, and since when: the newest changes of one term of leadership. */
export class Timeline {
  readonly #source: TimelineSource;
  readonly #clock: Clock;
  /** Oldest first. BOUNDED: by CAPACITY. */
  readonly #entries: TimelineEntry[] = [];
  /** The last entry of each address that has an owner. BOUNDED: by the addresses of the Services. */
  readonly #latest = new Map<IpAddress, TimelineEntry>();

  constructor({ announcer, clock }: { readonly announcer: TimelineSource; readonly clock: Clock }) {
    this.#source = announcer;
    this.#clock = clock;
    announcer.onChange((serviceKey) => this.#look(serviceKey));
  }

  /** Newest first. */
  entries(): readonly TimelineEntry[] {
    return this.#entries.toReversed();
  }

  #look(service: string): void {
    for (const state of this.#source.statesOf(service)) {
      const entry = this.#entryOf(service, state);
      const before = this.#latest.get(state.address);
      if (entry === undefined || (before?.node === entry.node && before?.at === entry.at)) continue;
      if (entry.node === undefined) {
        if (before === undefined) continue;
        this.#latest.delete(state.address);
      } else this.#latest.set(state.address, entry);
      this.#entries.push(entry);
      if (this.#entries.length > CAPACITY) this.#entries.shift();
    }
  }

  #entryOf(service: string, { address, ownership, obstacle }: AnnouncementState): TimelineEntry | undefined {
    const about = { address: formatIp(address), service };
    if (ownership !== undefined) {
      const { node, since, reason, gapMs } = ownership;
      return { ...about, node, at: since.toISOString(), reason, ...(gapMs === undefined ? {} : { gapMs }) };
    }
    return obstacle === undefined
      ? undefined
      : { ...about, at: this.#clock.wallTime().toISOString(), reason: obstacle.message };
  }
}

const COLUMNS: readonly Column<TimelineEntry>[] = [
  { title: 'SINCE', text: ({ at }) => at },
  { title: 'ADDRESS', text: ({ address }) => address },
  { title: 'NODE', text: ({ node }) => node ?? '<nobody>' },
  { title: 'REASON', text: ({ reason }) => reason },
  { title: 'GAP', text: ({ gapMs }) => (gapMs === undefined ? '' : `${gapMs} ms`) },
  { title: 'SERVICE', text: ({ service }) => service },
];

export function formatTimeline(entries: readonly TimelineEntry[]): string {
  return formatTable(COLUMNS, entries);
}
