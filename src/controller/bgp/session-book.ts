import type { BgpSessionReport } from '../../ports/bgp-channel.ts';

/** News of a session. `before` is absent for one that was not reported yet, `after` for one that nobody knows of any more. */
export interface SessionNews {
  readonly nodeName: string;
  readonly peerName: string;
  readonly before?: BgpSessionReport;
  readonly after?: BgpSessionReport;
}

/** After a controller began, speakers that are there have said by then how their sessions are. */
export const REPORTS_WITHIN_MS = 10_000;

const NO_SESSIONS: ReadonlyMap<string, BgpSessionReport> = new Map();

/** How the sessions are, as the speakers said last. */
export class SessionBook {
  /** By peer, then by node. BOUNDED: by the sessions that speakers were told to hold. */
  readonly #sessions = new Map<string, Map<string, BgpSessionReport>>();
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: ((news: readonly SessionNews[]) => void)[] = [];

  /** Must not throw. */
  onChange(listener: (news: readonly SessionNews[]) => void): void {
    this.#listeners.push(listener);
  }

  ofPeer(peerName: string): ReadonlyMap<string, BgpSessionReport> {
    return this.#sessions.get(peerName) ?? NO_SESSIONS;
  }

  isEstablished(nodeName: string, peerName: string): boolean {
    return this.#sessions.get(peerName)?.get(nodeName)?.state === 'established';
  }

  *all(): Iterable<BgpSessionReport> {
    for (const sessions of this.#sessions.values()) yield* sessions.values();
  }

  /** What a speaker said; of peers that it is not to speak to nothing is kept. */
  report(nodeName: string, reports: readonly BgpSessionReport[], peerNames: ReadonlySet<string>): void {
    this.#tell(
      reports.flatMap((after) => {
        if (!peerNames.has(after.peer)) return [];
        const sessions = this.#sessions.get(after.peer) ?? new Map<string, BgpSessionReport>();
        this.#sessions.set(after.peer, sessions);
        const before = sessions.get(nodeName);
        sessions.set(nodeName, after);
        return [{ nodeName, peerName: after.peer, ...(before === undefined ? {} : { before }), after }];
      }),
    );
  }

  /** Nothing is known any more of the sessions of the node, but for those with these peers. */
  forget(nodeName: string, but: ReadonlySet<string> = new Set()): void {
    const news: SessionNews[] = [];
    for (const [peerName, sessions] of this.#sessions) {
      const before = sessions.get(nodeName);
      if (before === undefined || but.has(peerName)) continue;
      sessions.delete(nodeName);
      if (sessions.size === 0) this.#sessions.delete(peerName);
      news.push({ nodeName, peerName, before });
    }
    this.#tell(news);
  }

  #tell(news: readonly SessionNews[]): void {
    if (news.length > 0) for (const listener of this.#listeners) listener(news);
  }
}
