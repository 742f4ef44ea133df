import { hardReset, type Notification } from '../../codec/bgp/index.ts';
import { sendHoldMs } from './timing.ts';
import type {
  Connection,
  ConnectionOf,
  ConnectionTimer,
  EndCause,
  PeerAction,
  PeerConfig,
  PeerEvent,
  PeerState,
  Session,
  SessionEnd,
} from './types.ts';

/** A connection that goes on, or how it ended. */
export type ConnectionStep = AliveStep | EndedStep;

interface AliveStep {
  readonly kind: 'alive';
  readonly connection: Connection;
  readonly actions: readonly PeerAction[];
}

export interface EndedStep {
  readonly kind: 'ended';
  readonly end: SessionEnd;
  readonly actions: readonly PeerAction[];
}

/** What a connection looks at, but does not change. */
export interface Surroundings {
  readonly config: PeerConfig;
  readonly peer: Pick<PeerState, 'openForm' | 'restarting' | 'bfd'>;
}

/** Events of one connection. */
export type ConnectionEvent =
  | Extract<PeerEvent, { readonly kind: 'received' | 'malformed' | 'closed' | 'sent' }>
  | Extract<PeerEvent, { readonly kind: 'expired'; readonly connection: number }>;

/** The connection goes on. */
export function alive(connection: Connection, actions: readonly PeerAction[] = []): AliveStep {
  return { kind: 'alive', connection, actions };
}

/** It is closed, after these actions. */
export function ended(connection: Connection, end: SessionEnd, before: readonly PeerAction[] = []): EndedStep {
  return { kind: 'ended', end, actions: [...before, { kind: 'close', connection: connection.id }] };
}

/** Ends a connection with a NOTIFICATION. */
export function endWith(
  connection: Connection,
  said: Notification,
  { cause, words }: { readonly cause: EndCause; readonly words: string },
): EndedStep {
  const send = { kind: 'send', connection: connection.id, message: { kind: 'notification', ...said } } as const;
  return ended(connection, { cause, words, notification: { ...said, by: 'us' } }, [send]);
}

/**
 * Ends a connection for a reason of ours. Before our OPEN nothing is said: the peer would not understand it. Routes that graceful
 * restart would keep are dropped by the peer. @see RFC 8538 §3
 */
export function ceaseWith(
  connection: Connection,
  cease: Notification,
  because: { readonly cause: EndCause; readonly words: string },
): EndedStep {
  if (connection.kind === 'waiting') return ended(connection, because);
  const isKept = connection.kind === 'established' && connection.session.hardReset;
  return endWith(connection, isKept ? hardReset(cease) : cease, because);
}

export function startTimer(
  { id }: { readonly id: number },
  timer: ConnectionTimer,
  afterMs: number,
  jittered = false,
): PeerAction {
  return { kind: 'startTimer', timer, connection: id, afterMs, jittered };
}

/** The timer that the peer's silence runs out, from now on anew. Nothing where both agreed on none. */
export function holdTimer(connection: { readonly id: number }, { holdTimeSeconds }: Session): readonly PeerAction[] {
  return holdTimeSeconds === 0 ? [] : [startTimer(connection, 'hold', holdTimeSeconds * 1000)];
}

export function sendKeepalive({ id }: { readonly id: number }): PeerAction {
  return { kind: 'send', connection: id, message: { kind: 'keepalive' } };
}

/** A KEEPALIVE, and the timer for the next. */
export function keepalive(connection: { readonly id: number }, session: Session): readonly PeerAction[] {
  const send = sendKeepalive(connection);
  if (session.holdTimeSeconds === 0) return [send];
  return [send, startTimer(connection, 'keepalive', session.keepaliveSeconds * 1000, true)];
}

/** The peer has until then to read something. @see RFC 9687 §3.2 */
export function sendHoldTimer(connection: ConnectionOf<'established'>): readonly PeerAction[] {
  const { holdTimeSeconds } = connection.session;
  return holdTimeSeconds === 0 ? [] : [startTimer(connection, 'sendHold', sendHoldMs(holdTimeSeconds))];
}
