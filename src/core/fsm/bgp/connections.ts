import { CeaseSubcode, ErrorCode, notification } from '../../codec/bgp/index.ts';
import { collisionWinner } from './collision.ts';
import { type ConnectionStep, type EndedStep, ended, endWith } from './connection-step.ts';
import { afterEarlyClose, afterEnd } from './lifecycle.ts';
import { isDamped, STABLE_MS } from './timing.ts';
import type { Connection, ConnectionOf, PeerAction, PeerConfig, PeerState, PeerStep, SessionEnd } from './types.ts';
import { COLLISION_WORDS, RESTARTED_WORDS } from './words.ts';

/** Puts what became of a connection into the state of its peer. @param connection as it was */
export function applyStep(
  state: PeerState,
  connection: Connection,
  step: ConnectionStep,
  config: PeerConfig,
): PeerStep {
  if (step.kind === 'ended') return remove(state, connection, step, config);
  const next = step.connection;
  if (next.kind === 'openConfirm' && connection.kind !== 'openConfirm') return collide(state, next, step, config);
  const connections = state.connections.map((each) => (each.id === next.id ? next : each));
  const came = next.kind === 'established' && connection.kind !== 'established';
  if (!came) return { state: { ...state, connections }, actions: step.actions };
  const aborting: readonly PeerAction[] = state.dialling ? [{ kind: 'abortConnect' }] : [];
  return {
    state: { ...state, connections, dialling: false },
    actions: [
      ...step.actions,
      ...aborting,
      { kind: 'stopTimer', timer: 'connectRetry' },
      { kind: 'startTimer', timer: 'stable', afterMs: STABLE_MS, jittered: false },
    ],
  };
}

/** A connection has its OPENs: is it the only one? @see RFC 4271 §6.8 */
function collide(
  state: PeerState,
  newer: ConnectionOf<'openConfirm'>,
  step: ConnectionStep,
  config: PeerConfig,
): PeerStep {
  const other = state.connections.find(({ id }) => id !== newer.id);
  const winner = other === undefined ? undefined : collisionWinner(newer, other, config);
  if (winner === 'other') return remove(state, newer, lost(newer, COLLISION_WORDS), config);
  const connections = state.connections.map((each) => (each.id === newer.id ? newer : each));
  const kept = { state: { ...state, connections }, actions: step.actions };
  if (winner === undefined || other === undefined) return kept;
  const dropped =
    other.kind === 'established'
      ? ended(other, { cause: 'collision', words: RESTARTED_WORDS })
      : lost(other, COLLISION_WORDS);
  const removed = remove(kept.state, other, dropped, config);
  return { state: removed.state, actions: [...removed.actions, ...step.actions] };
}

function lost(connection: Connection, words: string): EndedStep {
  const cease = notification(ErrorCode.cease, CeaseSubcode.collisionResolution);
  return endWith(connection, cease, { cause: 'collision', words });
}

function remove(state: PeerState, connection: Connection, { end, actions }: EndedStep, config: PeerConfig): PeerStep {
  const wasUp = connection.kind === 'established';
  const done: PeerAction[] = [...actions];
  if (wasUp) done.push({ kind: 'down', connection: connection.id }, { kind: 'stopTimer', timer: 'stable' });
  const rest: PeerState = { ...state, connections: state.connections.filter(({ id }) => id !== connection.id) };
  const next = afterRemoval(rest, connection, end, config);
  return { state: next.state, actions: [...done, ...next.actions] };
}

function afterRemoval(rest: PeerState, connection: Connection, end: SessionEnd, config: PeerConfig): PeerStep {
  if (rest.connections.length > 0) {
    const lastEnd = end.cause === 'collision' ? rest.lastEnd : end;
    return { state: { ...rest, lastEnd }, actions: [{ kind: 'ended', end }] };
  }
  if (rest.dialling) return whileDialling(rest, end, config);
  const isEarly = connection.kind === 'waiting' || connection.kind === 'openSent';
  return end.cause === 'closedByPeer' && isEarly ? afterEarlyClose(rest, end, config) : afterEnd(rest, end, config);
}

/** Our attempt goes on, and nothing else is to be waited for; unless the peer has failed too often meanwhile. */
function whileDialling(rest: PeerState, end: SessionEnd, config: PeerConfig): PeerStep {
  const connectRetryCounter = rest.connectRetryCounter + 1;
  if (!isDamped({ connectRetryCounter }))
    return { state: { ...rest, connectRetryCounter, lastEnd: end }, actions: [{ kind: 'ended', end }] };
  const idle = afterEnd({ ...rest, dialling: false }, end, config);
  const givingUp: readonly PeerAction[] = [{ kind: 'abortConnect' }, { kind: 'stopTimer', timer: 'connectRetry' }];
  return { state: idle.state, actions: [...givingUp, ...idle.actions] };
}
