import { bgpStatuses } from '../controller/announced/bgp-statuses.ts';
import { StatusObjects } from '../controller/announced/status-objects.ts';
import { BgpAnnouncer } from '../controller/bgp/bgp-announcer.ts';
import { BgpSessions } from '../controller/bgp/bgp-sessions.ts';
import { PeerPasswords } from '../controller/bgp/peer-passwords.ts';
import { PeerStatuses } from '../controller/bgp/peer-statuses.ts';
import { SessionBook } from '../controller/bgp/session-book.ts';
import { SessionEvents } from '../controller/bgp/session-events.ts';
import type { SpeakerRegistry } from '../controller/speakers/speaker-registry.ts';
import type { ControllerParts } from './controller-process.ts';
import type { ControllerSettings } from './controller-settings.ts';

/** A Secret that cannot be read for so long holds nothing up any more. */
const SECRET_PATIENCE_MS = 5_000;

export interface BgpParts {
  readonly announcer: BgpAnnouncer;
  readonly statuses: PeerStatuses;
}

/** What of a term of leadership is about BGP. It rides on the sessions of the registry. */
export function bgpParts(
  { ignoreExcludeLabel, namespace }: Pick<ControllerSettings, 'ignoreExcludeLabel' | 'namespace'>,
  parts: ControllerParts,
  registry: SpeakerRegistry,
  signal: AbortSignal,
): BgpParts {
  const { api, configuration: config } = parts;
  const secrets = { watch: api.watchSecret.bind(api) };
  const passwords = new PeerPasswords({ patienceMs: SECRET_PATIENCE_MS }, { ...parts, secrets });
  const book = new SessionBook();
  const announcer = new BgpAnnouncer({ ignoreExcludeLabel }, { ...parts, config, passwords, sessions: book });
  const sessions = new BgpSessions({}, { ...parts, directives: announcer.directives, book });
  const statuses = new PeerStatuses({ ...parts, config, announcer, passwords, book });
  announcer.listen(sessions);
  announcer.listen(statuses);
  registry.ride(sessions);
  statuses.start(signal);
  new SessionEvents({ ...parts, config, book, events: api.events }).start(signal);
  new StatusObjects(
    { namespace, prefix: 'bgp' },
    {
      ...parts,
      groups: parts.bgpStatuses,
      store: api.statusObjects,
      statusesOf: (key, type) => bgpStatuses(key, type, { announcer, sessions: book }),
      onChange: (listener) => announcer.onChange(listener),
    },
  ).start(signal);
  signal.addEventListener('abort', () => sessions.stop(), { once: true });
  return { announcer, statuses };
}
