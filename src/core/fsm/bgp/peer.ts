import { CeaseSubcode, ErrorCode, notification } from '../../codec/bgp/index.ts';
import { stepConnection } from './connection.ts';
import {
  type ConnectionEvent,
  type ConnectionStep,
  ceaseWith,
  type Surroundings,
  sendKeepalive,
} from './connection-step.ts';
import { applyStep } from './connections.ts';
import { afterEnd, begin, dial } from './lifecycle.ts';
import { beginConnection, openWhenFree } from './opening.ts';
import { sessionStateOf } from './session-state.ts';
import { stopPeer } from './stopping.ts';
import type {
  BfdStatus,
  Connection,
  ConnectionBase,
  ConnectionId,
  PeerAction,
  PeerConfig,
  PeerEvent,
  PeerState,
  PeerStep,
  PeerTimer,
} from './types.ts';
import { BFD_DOWN_WORDS, connectFailedWords, connectTimeoutWords } from './words.ts';

/**
 * Advances one peer by one event: its back-off, its attempts to connect, and its connections, of which there may be two until the
 * collision is decided. Pure: performs nothing, returns what to perform.
 * @see RFC 4271 §8
 */
export function stepPeer(state: PeerState, event: PeerEvent, config: PeerConfig): PeerStep {
  const step = decide(state, event, config);
  const [from, to] = [sessionStateOf(state), sessionStateOf(step.state)];
  if (from === to) return step;
  return { state: step.state, actions: [...step.actions, { kind: 'stateChanged', from, to }] };
}

function decide(state: PeerState, event: PeerEvent, config: PeerConfig): PeerStep {
  switch (event.kind) {
    case 'start':
      return state.phase === 'stopped' ? begin(state, config) : stay(state);
    case 'stop':
      return stopPeer(state, event.reason, config);
    case 'connected':
      if (!state.dialling) return stay(state, closing(event.connection));
      return tcpUp({ ...state, dialling: false }, { id: event.connection, initiator: 'local' }, config);
    case 'connectFailed':
      return connectFailed(state, event.why, config);
    case 'accepted':
      return accepted(state, event.connection, config);
    case 'bfd':
      return bfdChanged(state, event.status, config);
    case 'endOfRibSent':
      return stay({ ...state, restarting: false });
    case 'expired':
      return 'connection' in event ? connectionEvent(state, event, config) : expired(state, event.timer, config);
    case 'received':
    case 'malformed':
    case 'closed':
    case 'sent':
      return connectionEvent(state, event, config);
    default:
      return event satisfies never;
  }
}

function expired(state: PeerState, timer: PeerTimer, config: PeerConfig): PeerStep {
  switch (timer) {
    case 'idleHold':
      return state.phase === 'holding' ? begin(state, config) : stay(state);
    case 'connectRetry':
      return connectRetryExpired(state, config);
    case 'stable':
      return stay({ ...state, connectRetryCounter: 0 });
    default:
      return timer satisfies never;
  }
}

/** Event 9. */
function connectRetryExpired(state: PeerState, config: PeerConfig): PeerStep {
  if (state.phase !== 'running') return stay(state);
  const isAlone = state.connections.length === 0;
  const aborting: readonly PeerAction[] = state.dialling ? [{ kind: 'abortConnect' }] : [];
  if (!isAlone) return stay({ ...state, dialling: false }, aborting);
  if (config.passive) return stay(state);
  if (!state.dialling) return dial(state, config);
  const end = { cause: 'connectTimeout', words: connectTimeoutWords(config) } as const;
  const again = dial({ ...state, connectRetryCounter: state.connectRetryCounter + 1, lastEnd: end }, config);
  return { state: again.state, actions: [...aborting, { kind: 'ended', end }, ...again.actions] };
}

/** Event 18 of an attempt. */
function connectFailed(state: PeerState, why: string, config: PeerConfig): PeerStep {
  if (!state.dialling) return stay(state);
  const idle = { ...state, dialling: false };
  const stopped: PeerAction = { kind: 'stopTimer', timer: 'connectRetry' };
  if (state.connections.length > 0) return stay(idle, [stopped]);
  const step = afterEnd(idle, { cause: 'connectFailed', words: connectFailedWords(why) }, config);
  return { state: step.state, actions: [stopped, ...step.actions] };
}

/**
 * Event 17. A peer that has a session keeps it: whoever connects anew has proved nothing. But the old one is tried at once: a router
 * that was switched off and on answers that with RST, and may come back without waiting for the hold time.
 */
function accepted(state: PeerState, id: ConnectionId, config: PeerConfig): PeerStep {
  if (state.phase === 'stopped') return stay(state, refusing(id, CeaseSubcode.connectionRejected));
  const up = state.connections.find(({ kind }) => kind === 'established');
  if (up?.kind === 'established' && !up.session.peerRestarts)
    return stay(state, [...refusing(id, CeaseSubcode.collisionResolution), sendKeepalive(up)]);
  const isFull = state.connections.length + Number(state.dialling) > 1;
  if (state.phase === 'holding' || isFull) return stay(state, closing(id));
  return tcpUp(state, { id, initiator: 'peer' }, config);
}

function tcpUp(state: PeerState, base: ConnectionBase, config: PeerConfig): PeerStep {
  const step = beginConnection(base, { config, peer: state });
  const stopped: readonly PeerAction[] = state.dialling ? [] : [{ kind: 'stopTimer', timer: 'connectRetry' }];
  if (step.kind === 'ended') return stay(state, step.actions);
  return {
    state: { ...state, connections: [...state.connections, step.connection] },
    actions: [...stopped, ...step.actions],
  };
}

/** Events of connections that are closed already are dropped here. */
function connectionEvent(state: PeerState, event: ConnectionEvent, config: PeerConfig): PeerStep {
  const connection = state.connections.find(({ id }) => id === event.connection);
  if (connection === undefined) return stay(state);
  return applyStep(state, connection, stepConnection(connection, event, { config, peer: state }), config);
}

function bfdChanged(before: PeerState, status: BfdStatus, config: PeerConfig): PeerStep {
  const state = { ...before, bfd: status };
  const isLoss = status === 'down' && before.bfd !== 'down';
  return state.connections.reduce<PeerStep>((step, connection) => {
    const next = afterBfd(connection, isLoss, { config, peer: state });
    if (next === undefined) return step;
    const applied = applyStep(step.state, connection, next, config);
    return { state: applied.state, actions: [...step.actions, ...applied.actions] };
  }, stay(state));
}

/** A loss ends what is up or on the way; what only waits for BFD goes on waiting. @see RFC 5882 §4.2, RFC 9384 §3 */
function afterBfd(connection: Connection, isLoss: boolean, around: Surroundings): ConnectionStep | undefined {
  if (connection.kind === 'waiting') return openWhenFree(connection, around);
  if (!isLoss) return undefined;
  const cease = notification(ErrorCode.cease, CeaseSubcode.bfdDown);
  return ceaseWith(connection, cease, { cause: 'bfdDown', words: BFD_DOWN_WORDS });
}

function stay(state: PeerState, actions: readonly PeerAction[] = []): PeerStep {
  return { state, actions };
}

function closing(connection: ConnectionId): readonly PeerAction[] {
  return [{ kind: 'close', connection }];
}

/** @see RFC 4486 §4 */
function refusing(connection: ConnectionId, subcode: number): readonly PeerAction[] {
  const message = { kind: 'notification', ...notification(ErrorCode.cease, subcode) } as const;
  return [{ kind: 'send', connection, message }, ...closing(connection)];
}
