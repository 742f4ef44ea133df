import type { BgpSessionReport, BgpSessionState, BgpSpeakerMessage } from '../../ports/bgp-channel.ts';
import { atMost, integer, member, name } from './wire-values.ts';

export interface WireBgpSpeakerMessage {
  readonly bgpAck?: { readonly revision: number };
  readonly bgpReport?: { readonly sessions: readonly WireSession[] };
}

interface WireSession {
  readonly peer: string;
  readonly state: string;
  readonly sinceUnixMs: number;
  readonly lastError: string;
  readonly prefixesSent: number;
  readonly bfd: string;
}

const STATES: Readonly<Record<BgpSessionState, string>> = {
  idle: 'IDLE',
  connect: 'CONNECT',
  active: 'ACTIVE',
  'open-sent': 'OPEN_SENT',
  'open-confirm': 'OPEN_CONFIRM',
  established: 'ESTABLISHED',
};

const BFD_STATES: Readonly<Record<NonNullable<BgpSessionReport['bfd']> | 'none', string>> = {
  none: 'NONE',
  'admin-down': 'ADMIN_DOWN',
  down: 'DOWN',
  init: 'INIT',
  up: 'UP',
};

const MAX_SESSIONS = 1_024;
const MAX_ERROR_LENGTH = 256;
/** The last moment that a Date can be. */
const LAST_UNIX_MS = 8.64e15;

export function bgpSpeakerFrameToWire(frame: BgpSpeakerMessage): object {
  if (frame.kind === 'bgp-ack') return { bgpAck: { revision: frame.revision } };
  return { bgpReport: { sessions: frame.sessions.map(sessionToWire) } };
}

/** Undefined for another kind of message. @throws Error for a value that is not allowed. */
export function bgpSpeakerFrameFromWire(wire: WireBgpSpeakerMessage): BgpSpeakerMessage | undefined {
  if (wire.bgpAck) return { kind: 'bgp-ack', revision: integer('revision', wire.bgpAck.revision) };
  if (!wire.bgpReport) return undefined;
  const sessions = atMost(MAX_SESSIONS, 'sessions', wire.bgpReport.sessions).map(sessionFromWire);
  return { kind: 'bgp-report', sessions };
}

function sessionToWire({ state, bfd, lastError, ...same }: BgpSessionReport): object {
  const bfdState = BFD_STATES[bfd ?? 'none'];
  return { ...same, state: STATES[state], bfd: bfdState, lastError: lastError.slice(0, MAX_ERROR_LENGTH) };
}

function sessionFromWire(wire: WireSession): BgpSessionReport {
  if (wire.lastError.length > MAX_ERROR_LENGTH) {
    throw new Error(`last_error has ${wire.lastError.length} characters`);
  }
  if (wire.sinceUnixMs > LAST_UNIX_MS) throw new Error(`since_unix_ms is ${wire.sinceUnixMs}`);
  const bfd = member('bfd', BFD_STATES, wire.bfd);
  return {
    peer: name('peer', wire.peer),
    state: member('state', STATES, wire.state),
    sinceUnixMs: wire.sinceUnixMs,
    lastError: wire.lastError,
    prefixesSent: wire.prefixesSent,
    ...(bfd === 'none' ? {} : { bfd }),
  };
}
