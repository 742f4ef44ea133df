import { formatIp } from '../../core/net/index.ts';
import type {
  BfdCounters,
  BfdPath,
  BfdPlane,
  BfdPlaneListener,
  BfdSessionReport,
  BfdSessionSettings,
} from '../../ports/bfd.ts';

/**
 * Between two systems there is one session on each path, however many depend on it: peers on one router share it. The profile of
 * the first of them counts.
 * @see RFC 5881 §3, RFC 5882 §3
 */
export class SharedBfd implements BfdPlane {
  readonly #plane: BfdPlane;
  /** Who depends on a session, by its name. BOUNDED: by the sessions that are wanted. */
  #sharers: ReadonlyMap<string, readonly string[]> = new Map();
  /** What was told of a session last. BOUNDED: as the sharers. */
  readonly #last = new Map<string, BfdSessionReport>();
  #listener: BfdPlaneListener | undefined;

  constructor(plane: BfdPlane) {
    this.#plane = plane;
  }

  start(listener: BfdPlaneListener): void {
    this.#listener = listener;
    this.#plane.start({
      changed: (report) => this.#changed(report),
      counted: (counters) => listener.counted({ ...counters, sessions: this.#ofSharers(counters.sessions) }),
      failed: (error) => {
        this.#last.clear();
        listener.failed(error);
      },
    });
  }

  set(sessions: readonly BfdSessionSettings[]): void {
    const shared = Map.groupBy(sessions, ({ path }) => sessionNameOf(path));
    const before = this.#sharers;
    this.#sharers = new Map([...shared].map(([name, members]) => [name, members.map((member) => member.name)]));
    for (const name of this.#last.keys()) if (!shared.has(name)) this.#last.delete(name);
    this.#plane.set([...shared].flatMap(([name, [first]]) => (first === undefined ? [] : [{ ...first, name }])));
    for (const [name, members] of this.#sharers) {
      const report = this.#last.get(name);
      const known = before.get(name) ?? [];
      if (report !== undefined)
        this.#tell(
          members.filter((member) => !known.includes(member)),
          report,
        );
    }
  }

  stop(): Promise<void> {
    return this.#plane.stop();
  }

  #changed(report: BfdSessionReport): void {
    const members = this.#sharers.get(report.name);
    if (members === undefined) return;
    this.#last.set(report.name, report);
    this.#tell(members, report);
  }

  #tell(members: readonly string[], report: BfdSessionReport): void {
    for (const name of members) this.#listener?.changed({ ...report, name });
  }

  #ofSharers(sessions: BfdCounters['sessions']): BfdCounters['sessions'] {
    return Object.fromEntries(
      Object.entries(sessions).flatMap(([name, counters]) =>
        (this.#sharers.get(name) ?? []).map((member) => [member, counters] as const),
      ),
    );
  }
}

/** How the session on a path is called; for people who read metrics and logs too. */
export function sessionNameOf({ remote, local, interface: device, multihop }: BfdPath): string {
  const way = device === undefined ? '' : `%${device}`;
  const from = local === undefined ? '' : ` from ${formatIp(local)}`;
  return `${formatIp(remote)}${way}${from}${multihop === undefined ? '' : ' over several hops'}`;
}
