import { Announcer } from '../../controller/announcer/announcer.ts';
import { OwnerHistory } from '../../controller/announcer/owner-history.ts';
import type { AnnouncementState, ServiceAnnouncement } from '../../controller/announcer/service-announcement.ts';
import type { Config } from '../../core/config/config.ts';
import type { IpAddress } from '../../core/net/index.ts';
import { type EndpointSlice, keyOf, type Node } from '../../ports/kubernetes.ts';
import { RehearsalTime } from './rehearsal-time.ts';
import { SILENT_LOG, SILENT_METRICS } from './silence.ts';
import { StillInformer } from './still-informer.ts';
import { StillSpeakers } from './still-speakers.ts';

export interface PlacementInput {
  readonly config: Config;
  /** By `namespace/name`. */
  readonly announcements: ReadonlyMap<string, ServiceAnnouncement>;
  readonly nodes: readonly Node[];
  readonly endpointSlices: readonly EndpointSlice[];
  /** Nodes whose speaker lives. */
  readonly alive: readonly string[];
  /** Who announces each address now. */
  readonly owners: ReadonlyMap<IpAddress, string>;
  /** Nodes with the exclude label announce too; false by default. */
  readonly ignoreExcludeLabel?: boolean;
}

/** Longer than a new leader waits for anything. */
const LONG_MS = 120_000;

/** What a controller that starts now would decide of every address, by `namespace/name` of its Service. */
export async function rehearsePlacement(
  input: PlacementInput,
): Promise<ReadonlyMap<string, readonly AnnouncementState[]>> {
  const { config, announcements, nodes, endpointSlices, alive: connected, owners, ignoreExcludeLabel = false } = input;
  const time = new RehearsalTime();
  const base = { clock: time, timers: time, log: SILENT_LOG, metrics: SILENT_METRICS };
  const interfaces = config.l2Advertisements.flatMap((advertisement) => advertisement.interfaces);
  const announcer = new Announcer(
    { generation: 1, ignoreExcludeLabel },
    {
      ...base,
      speakers: new StillSpeakers({ nodes: connected, owners, interfaces: ['eth0', ...new Set(interfaces)] }),
      config: { current: () => config, onChange: () => () => {} },
      nodes: new StillInformer(nodes, ({ meta }) => meta.name),
      endpointSlices: new StillInformer(endpointSlices, ({ meta }) => keyOf(meta)),
      history: new OwnerHistory(base),
    },
  );
  const end = new AbortController();
  for (const [serviceKey, announcement] of announcements) announcer.set(serviceKey, announcement);
  await announcer.start(end.signal);
  announcer.declared();
  time.pass(LONG_MS);
  const states = new Map([...announcements.keys()].map((key) => [key, announcer.statesOf(key)]));
  end.abort();
  return states;
}
