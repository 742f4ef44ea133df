/** What is known of the session that a node has when another one begins. */
export interface StandingSession {
  readonly instanceId: string;
  readonly podUid: string;
  readonly leaving: boolean;
  /** Time since its last message. */
  readonly silentForMs: number;
}

export interface NewSession {
  readonly instanceId: string;
  readonly podUid: string;
}

export type Admission = 'replace' | 'refuse';

/**
 * Which of two sessions of one node stands. In this order:
 * 1. The same process (instance) dials again: it knows that its old connection is gone, and has only one. The new one wins.
 * 2. The old one is silent for as long as makes a speaker dead: the new one wins.
 * 3. Another Pod (rolling update), and the old one said that it leaves: the new one wins.
 * 4. Else the old one is alive and well: the new one is refused, and tries again until one of the above is true or the old
 *    connection ends. So a second process, started by mistake, cannot take the addresses from the first.
 */
export function admit(standing: StandingSession, arriving: NewSession, deadAfterMs: number): Admission {
  if (arriving.instanceId === standing.instanceId && arriving.podUid === standing.podUid) return 'replace';
  if (standing.silentForMs >= deadAfterMs) return 'replace';
  return standing.leaving && arriving.podUid !== standing.podUid ? 'replace' : 'refuse';
}
