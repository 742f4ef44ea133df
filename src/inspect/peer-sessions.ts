import type { Origin } from '../core/config/origin.ts';
import type { ConfigObject } from '../ports/informer.ts';

/** What the status of a BGPPeer says of the session of one node. */
export interface PeerSession {
  readonly node: string;
  readonly state: string;
  /** RFC 3339. */
  readonly since?: string;
  readonly lastError?: string;
  readonly bfd?: string;
}

export interface PeerSessions {
  readonly wanted: number;
  readonly established: number;
  /** Those that are down first; the first 64 only. */
  readonly nodes: readonly PeerSession[];
}

interface PeerObjectStatus {
  readonly sessions?: { readonly wanted: number; readonly established: number };
  readonly nodes?: readonly PeerSession[];
}

/** What the controller wrote of the sessions with a peer; nothing where it has not. */
export function sessionsOf({ kind, status }: ConfigObject): PeerSessions {
  const { sessions, nodes = [] } = kind === 'BGPPeer' ? ((status ?? {}) as PeerObjectStatus) : {};
  return { wanted: sessions?.wanted ?? 0, established: sessions?.established ?? 0, nodes };
}

/** The object that something of the configuration was written in. */
export function objectAt(origin: Origin, objects: readonly ConfigObject[]): ConfigObject | undefined {
  return objects.find(
    ({ apiVersion, kind, meta }) =>
      apiVersion === origin.apiVersion &&
      kind === origin.kind &&
      meta.namespace === origin.namespace &&
      meta.name === origin.name,
  );
}

/** In a few words. */
export function describeSession(session: PeerSession | undefined): string {
  if (session === undefined) return 'its session is not among those that the status of the BGPPeer names';
  const { state, since, lastError, bfd } = session;
  if (state === 'unknown') return 'its speaker says nothing of it';
  const because = state === 'established' || lastError === undefined ? '' : `: ${lastError}`;
  return `${state}${since === undefined ? '' : ` since ${since}`}${because}${bfd === undefined ? '' : `; BFD ${bfd}`}`;
}
