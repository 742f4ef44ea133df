import { openFormAfter } from './fallback.ts';
import { offeredCapabilities } from './offer.ts';
import { backOff, isDamped } from './timing.ts';
import type { PeerAction, PeerConfig, PeerState, PeerStep, SessionEnd } from './types.ts';

/** A peer that waits for `start`. */
export function initialPeer(config: PeerConfig): PeerState {
  return {
    phase: 'stopped',
    dialling: false,
    connections: [],
    connectRetryCounter: 0,
    openForm: { kind: 'full' },
    bfd: 'unknown',
    restarting: config.gracefulRestart !== undefined,
    lastEnd: undefined,
  };
}

/** Leaves Idle: dials, or waits for the peer. Events 1, 3 and 13. @see RFC 4271 §8.2.2, Idle */
export function begin(state: PeerState, config: PeerConfig): PeerStep {
  const running: PeerState = { ...state, phase: 'running' };
  if (config.passive) return { state: running, actions: [] };
  const { listenMs } = backOff(state.lastEnd?.cause ?? 'stopped', state, config);
  return listenMs > 0 ? { state: running, actions: [connectRetryTimer(listenMs)] } : dial(running, config);
}

/** Tries to connect, for as long as the ConnectRetryTimer runs. */
export function dial(state: PeerState, config: PeerConfig): PeerStep {
  return {
    state: { ...state, dialling: true },
    actions: [{ kind: 'connect' }, connectRetryTimer(config.connectRetrySeconds * 1000)],
  };
}

/** The last connection, or the attempt to make one, ended: waits before the next. */
export function afterEnd(state: PeerState, end: SessionEnd, config: PeerConfig): PeerStep {
  const { openForm } = state;
  const adapted =
    end.notification?.by === 'peer'
      ? openFormAfter(end.notification, openForm, offeredCapabilities(config, openForm, state.restarting))
      : undefined;
  // Leaving out what the peer refused is no failure, and needs no longer wait; taking it back in is.
  const isConcession = adapted !== undefined && adapted.kind !== 'full';
  const connectRetryCounter = state.connectRetryCounter + (isConcession ? 0 : 1);
  const { idleMs } = backOff(end.cause, { connectRetryCounter: isConcession ? 0 : connectRetryCounter }, config);
  return {
    state: { ...state, phase: 'holding', connectRetryCounter, openForm: adapted ?? openForm, lastEnd: end },
    actions: [
      { kind: 'ended', end },
      { kind: 'startTimer', timer: 'idleHold', afterMs: idleMs, jittered: true },
    ],
  };
}

/**
 * The peer closed the connection before the OPENs had met: waits for it in Active, where it may come back at once. One that does
 * nothing but open and close is damped. Event 18. @see RFC 4271 §8.2.2, OpenSent
 */
export function afterEarlyClose(state: PeerState, end: SessionEnd, config: PeerConfig): PeerStep {
  const connectRetryCounter = state.connectRetryCounter + 1;
  if (isDamped({ connectRetryCounter })) return afterEnd(state, end, config);
  const retry = config.passive ? [] : [connectRetryTimer(config.connectRetrySeconds * 1000)];
  return { state: { ...state, connectRetryCounter, lastEnd: end }, actions: [{ kind: 'ended', end }, ...retry] };
}

function connectRetryTimer(afterMs: number): PeerAction {
  return { kind: 'startTimer', timer: 'connectRetry', afterMs, jittered: true };
}
