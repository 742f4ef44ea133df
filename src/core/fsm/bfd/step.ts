import { type BfdPacket, type BfdState, Diagnostic } from '../../codec/bfd/index.ts';
import { detectionTimeMs, jitteredMs, sendsPeriodically, slowedTxUs } from './timing.ts';
import type { BfdAction, BfdConfig, BfdDropReason, BfdEvent, BfdReport, BfdSession, BfdStep } from './types.ts';

/** A session that has not begun. @param localDiscriminator not 0, and of no other session of this system */
export function initialBfd(localDiscriminator: number, config: BfdConfig): BfdSession {
  const intervals = {
    desiredMinTxIntervalUs: slowedTxUs('Down', config),
    requiredMinRxIntervalUs: config.requiredMinRxIntervalUs,
  };
  return {
    sessionState: 'Down',
    localDiscriminator,
    diagnostic: Diagnostic.none,
    ...intervals,
    inEffect: intervals,
    polling: false,
  };
}

/**
 * Advances one session by one event, in asynchronous mode. Demand mode of the other end is honoured, ours is never asked for.
 * Pure.
 * @see RFC 5880 §6.8
 */
export function stepBfd(state: BfdSession, event: BfdEvent, config: BfdConfig): BfdStep {
  switch (event.kind) {
    case 'start':
      return settled(state, { ...state, sendAtMs: event.nowMs }, event, config);
    case 'received':
      return received(state, event, config);
    case 'due':
      return due(state, event, config);
    case 'reconfigured':
      return settled(state, announcing(state, config), event, config);
    case 'disable':
      return settled(state, moved(state, 'AdminDown', Diagnostic.administrativelyDown), event, config);
    case 'enable':
      if (state.sessionState !== 'AdminDown') return settled(state, state, event, config);
      return settled(state, moved(state, 'Down', Diagnostic.none), event, config);
    default:
      return event satisfies never;
  }
}

/** In the order of the RFC; the checks that need no session were made by the decoder. @see RFC 5880 §6.8.6 */
function received(state: BfdSession, event: Extract<BfdEvent, { kind: 'received' }>, config: BfdConfig): BfdStep {
  const { packet, nowMs } = event;
  if (packet.yourDiscriminator === 0 && (packet.state === 'Init' || packet.state === 'Up'))
    return dropped(state, 'unknown-session-in-init-or-up');
  const polled = packet.final && state.polling ? confirmed(state) : state;
  const heard: BfdSession = {
    ...polled,
    remote: {
      discriminator: packet.myDiscriminator,
      state: packet.state,
      diagnostic: packet.diagnostic,
      demand: packet.demand,
      detectMultiplier: packet.detectMultiplier,
      desiredMinTxIntervalUs: packet.desiredMinTxIntervalUs,
      requiredMinRxIntervalUs: packet.requiredMinRxIntervalUs,
      detectAtMs: nowMs + detectionTimeMs(packet, polled),
    },
  };
  if (state.sessionState === 'AdminDown') return dropped(heard, 'administratively-down');
  return settled(state, answering(heard, packet.state), event, config);
}

/** The state machine proper. @see RFC 5880 §6.8.6, and the diagram in §6.2 */
function answering(state: BfdSession, remote: BfdState): BfdSession {
  switch (state.sessionState) {
    case 'Down':
      if (remote === 'Down') return moved(state, 'Init', Diagnostic.none);
      return remote === 'Init' ? moved(state, 'Up', Diagnostic.none) : state;
    case 'Init':
      if (remote === 'AdminDown') return moved(state, 'Down', Diagnostic.neighbourSignaledDown);
      return remote === 'Init' || remote === 'Up' ? moved(state, 'Up', Diagnostic.none) : state;
    case 'Up':
      if (remote === 'Init' || remote === 'Up') return state;
      return moved(state, 'Down', Diagnostic.neighbourSignaledDown);
    case 'AdminDown':
      return state;
    default:
      return state.sessionState satisfies never;
  }
}

function due(state: BfdSession, event: BfdEvent, config: BfdConfig): BfdStep {
  const silent = state.remote !== undefined && state.remote.detectAtMs <= event.nowMs;
  return settled(state, silent ? forgotten(state) : state, event, config);
}

/** A Detection Time of silence: nothing is known any more of the other end. @see RFC 5880 §6.8.1, §6.8.4 */
function forgotten(state: BfdSession): BfdSession {
  const { remote: _, ...alone } = state;
  const lost = state.sessionState === 'Init' || state.sessionState === 'Up';
  const unheard: BfdSession = { ...alone, polling: false };
  return lost ? moved(unheard, 'Down', Diagnostic.detectionTimeExpired) : unheard;
}

function moved(state: BfdSession, sessionState: BfdState, diagnostic: number): BfdSession {
  return { ...state, sessionState, diagnostic };
}

/** The other end knows the announced intervals: they hold from now on. @see RFC 5880 §6.5 */
function confirmed(state: BfdSession): BfdSession {
  const { desiredMinTxIntervalUs, requiredMinRxIntervalUs } = state;
  return { ...state, polling: false, inEffect: { desiredMinTxIntervalUs, requiredMinRxIntervalUs } };
}

/**
 * Announces what is wanted in this state. While Up, what would make an end overtake the other's knowledge (sending more rarely,
 * expecting more often) waits for the end of the Poll Sequence.
 * @see RFC 5880 §6.8.3
 */
function announcing(state: BfdSession, config: BfdConfig): BfdSession {
  const desiredMinTxIntervalUs = slowedTxUs(state.sessionState, config);
  const { requiredMinRxIntervalUs } = config;
  if (
    desiredMinTxIntervalUs === state.desiredMinTxIntervalUs &&
    requiredMinRxIntervalUs === state.requiredMinRxIntervalUs
  )
    return state;
  const up = state.sessionState === 'Up';
  return {
    ...state,
    desiredMinTxIntervalUs,
    requiredMinRxIntervalUs,
    polling: state.remote !== undefined,
    inEffect: {
      desiredMinTxIntervalUs: up
        ? Math.min(desiredMinTxIntervalUs, state.inEffect.desiredMinTxIntervalUs)
        : desiredMinTxIntervalUs,
      requiredMinRxIntervalUs: up
        ? Math.max(requiredMinRxIntervalUs, state.inEffect.requiredMinRxIntervalUs)
        : requiredMinRxIntervalUs,
    },
  };
}

/** Sends what has to be sent after a change, tells who depends on it, and names the next time to look. */
function settled(before: BfdSession, changed: BfdSession, event: BfdEvent, config: BfdConfig): BfdStep {
  const after = changed.sessionState === before.sessionState ? changed : announcing(changed, config);
  const actions: BfdAction[] = [];
  const mute = config.role === 'passive' && after.remote === undefined;
  const answers = event.kind === 'received' && event.packet.poll;
  const periodic = after.sendAtMs !== undefined && after.sendAtMs <= event.nowMs && sendsPeriodically(after);
  const told = event.kind === 'disable' || (tells(before, after) && event.kind !== 'start');
  if (!mute && (answers || periodic || told)) actions.push({ kind: 'send', packet: packetOf(after, answers, config) });
  const state = scheduled(after, !answers && (periodic || told), event, config);
  const report = reportOf(state);
  if (!sameReport(reportOf(before), report)) actions.push({ kind: 'report', report });
  actions.push({ kind: 'wake', atMs: wakeAt(state) });
  return { state, actions };
}

/** Whether the next packet would say something new: it does not wait for its time then. @see RFC 5880 §6.8.7 */
function tells(before: BfdSession, after: BfdSession): boolean {
  return (
    before.sessionState !== after.sessionState ||
    before.remote?.discriminator !== after.remote?.discriminator ||
    before.desiredMinTxIntervalUs !== after.desiredMinTxIntervalUs ||
    before.requiredMinRxIntervalUs !== after.requiredMinRxIntervalUs
  );
}

/** A time for the next periodic packet, never later than the intervals of now allow. @see RFC 5880 §6.8.7 */
function scheduled(state: BfdSession, sent: boolean, { nowMs, draw }: BfdEvent, config: BfdConfig): BfdSession {
  const { sendAtMs, ...rest } = state;
  if (!sendsPeriodically(state) || (config.role === 'passive' && state.remote === undefined)) return rest;
  const nextMs = nowMs + jitteredMs(state, draw, config);
  return { ...rest, sendAtMs: sent || sendAtMs === undefined ? nextMs : Math.min(sendAtMs, nextMs) };
}

/** An answer to a Poll is no Poll itself. @see RFC 5880 §6.5 */
function packetOf(state: BfdSession, final: boolean, config: BfdConfig): BfdPacket {
  return {
    diagnostic: state.diagnostic,
    state: state.sessionState,
    poll: state.polling && !final,
    final,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: config.detectMultiplier,
    myDiscriminator: state.localDiscriminator,
    yourDiscriminator: state.remote?.discriminator ?? 0,
    desiredMinTxIntervalUs: state.desiredMinTxIntervalUs,
    requiredMinRxIntervalUs: state.requiredMinRxIntervalUs,
    requiredMinEchoRxIntervalUs: 0,
  };
}

function dropped(state: BfdSession, reason: BfdDropReason): BfdStep {
  return {
    state,
    actions: [
      { kind: 'drop', reason },
      { kind: 'wake', atMs: wakeAt(state) },
    ],
  };
}

function wakeAt({ sendAtMs, remote }: BfdSession): number | undefined {
  if (sendAtMs === undefined || remote === undefined) return sendAtMs ?? remote?.detectAtMs;
  return Math.min(sendAtMs, remote.detectAtMs);
}

function reportOf({ sessionState, diagnostic, remote }: BfdSession): BfdReport {
  return {
    state: sessionState,
    diagnostic,
    ...(remote === undefined ? {} : { remoteState: remote.state, remoteDiagnostic: remote.diagnostic }),
  };
}

function sameReport(a: BfdReport, b: BfdReport): boolean {
  return a.state === b.state && a.diagnostic === b.diagnostic && a.remoteState === b.remoteState;
}
