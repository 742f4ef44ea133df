import { ANNOUNCED } from '../controller/announced/announced-condition.ts';
import { AnnouncementEvents } from '../controller/announced/announcement-events.ts';
import type { AnnouncementSource } from '../controller/announced/announcement-source.ts';
import { ConditionWriter } from '../controller/announced/condition-writer.ts';
import { LanProbes } from '../controller/announced/lan-probes.ts';
import { ownershipsIn } from '../controller/announced/layer2-news.ts';
import { Layer2Source } from '../controller/announced/layer2-source.ts';
import { layer2Statuses } from '../controller/announced/layer2-statuses.ts';
import { NodeWarnings } from '../controller/announced/node-warnings.ts';
import { StatusObjects } from '../controller/announced/status-objects.ts';
import { UnheardNeighbours } from '../controller/announced/unheard-neighbours.ts';
import { Verification } from '../controller/announced/verification.ts';
import type { Announcer } from '../controller/announcer/announcer.ts';
import type { OwnerHistory } from '../controller/announcer/owner-history.ts';
import type { Conflicts } from '../controller/conflicts/conflicts.ts';
import type { SpeakerRegistry } from '../controller/speakers/speaker-registry.ts';
import type { IpAddress } from '../core/net/index.ts';
import type { ControllerParts } from './controller-process.ts';
import type { ControllerSettings } from './controller-settings.ts';

/** The rooms whose doings are shown. */
export interface AnnouncedRooms {
  readonly speakers: SpeakerRegistry;
  readonly announcer: Announcer;
  readonly history: OwnerHistory;
  readonly conflicts: Conflicts;
  /** Beside layer 2. */
  readonly sources: readonly AnnouncementSource[];
}

/** Says who announces what, until `signal` aborts: in conditions, status objects and events. */
export function showAnnounced(
  { namespace }: Pick<ControllerSettings, 'namespace'>,
  parts: ControllerParts,
  rooms: AnnouncedRooms,
  signal: AbortSignal,
): void {
  const { api, services, timers } = parts;
  const { announcer, conflicts, history, speakers } = rooms;
  for (const { status } of services.list()) {
    const written = status.conditions.find(({ type }) => type === ANNOUNCED);
    for (const [address, ownership] of ownershipsIn(written?.message ?? '')) history.recall(address, ownership);
  }
  const unheard = new UnheardNeighbours({}, { ...parts, speakers, announcer, events: api.events });
  unheard.start(signal);
  new NodeWarnings({ ...parts, speakers, events: api.events }).start(signal);
  const remarkOn = (address: IpAddress, owner: string | undefined): string | undefined =>
    conflicts.conflictOf(address) ?? (owner === undefined ? undefined : unheard.remarkOn(address, owner));
  const layer2 = new Layer2Source({ announcer, timers, remarkOn });
  signal.addEventListener('abort', () => layer2.stop(), { once: true });
  conflicts.onChange((address) => announcer.retell(address));
  const sources = [layer2, ...rooms.sources];
  const probes = new LanProbes({}, { speakers, timers });
  new Verification({}, { ...parts, speakers, probes, history, announcer, conflicts }).start(signal);
  new AnnouncementEvents({ ...parts, sources, events: api.events }).start(signal);
  new ConditionWriter({}, { ...parts, sources, store: api.services }).start(signal);
  new StatusObjects(
    { namespace, prefix: 'l2' },
    {
      ...parts,
      groups: parts.layer2Statuses,
      store: api.statusObjects,
      statusesOf: (key, type) => layer2Statuses(announcer.statesOf(key), type),
      onChange: (listener) => announcer.onChange(listener),
    },
  ).start(signal);
  signal.addEventListener('abort', () => probes.stop());
}
