import { isDeepStrictEqual } from 'node:util';
import { type BgpMessage, describeNotification, notification, type OpenMessage } from '../src/core/codec/bgp/index.ts';
import {
  initialPeer,
  type PeerAction,
  type PeerConfig,
  type PeerEvent,
  type PeerState,
  sessionStateOf,
  stepPeer,
} from '../src/core/fsm/bgp/index.ts';
import { asnFromNumber, parseRouterId } from '../src/core/net/index.ts';

/** What an event does in a state, in words. */
export interface Transition {
  readonly state: string;
  readonly event: string;
  /** The RFC's state after it. */
  readonly next: string;
  readonly actions: string;
  /** Nothing at all comes of it. */
  readonly isIdle: boolean;
}

/** The machine in every state, told every event. States are reached by events, so that each can come about. */
export function bgpTransitions(): readonly Transition[] {
  return Object.entries(STATES).flatMap(([state, { config, events }]) => {
    const reached = events.reduce<PeerState>(
      (before, event) => stepPeer(before, event, config).state,
      initialPeer(config),
    );
    return Object.entries(EVENTS).map(([title, event]) => {
      const { state: after, actions } = stepPeer(reached, event, config);
      const words = actions.map(describe).filter(Boolean).join(', ');
      return {
        state,
        event: title,
        next: nameOf(after),
        actions: words,
        isIdle: isDeepStrictEqual(after, reached) && words === '',
      };
    });
  });
}

const CONFIG: PeerConfig = {
  localAsn: known(asnFromNumber(64512)),
  peerAsn: { kind: 'number', asn: known(asnFromNumber(65000)) },
  routerId: known(parseRouterId('192.0.2.11')),
  holdTimeSeconds: 90,
  connectRetrySeconds: 10,
  delayOpenSeconds: 0,
  passive: false,
  families: ['IPv4'],
  multiprotocol: true,
  extendedNextHop: false,
  extendedMessages: false,
  strictBfd: false,
};
const DELAYED: PeerConfig = { ...CONFIG, delayOpenSeconds: 5 };
const STRICT: PeerConfig = { ...CONFIG, strictBfd: true };
const PASSIVE: PeerConfig = { ...CONFIG, passive: true };

const OPEN: OpenMessage = { kind: 'open', myAs: 65000, holdTimeSeconds: 30, identifier: 0xc000_02fa, capabilities: [] };
const UPDATE = {
  kind: 'update',
  announced: 1,
  withdrawn: 0,
  ignored: 0,
  treatAsWithdraw: undefined,
  discarded: [],
  endOfRib: false,
} as const;
const KEEPALIVE = { kind: 'keepalive' } as const;

const START: PeerEvent = { kind: 'start' };
const CONNECTED: PeerEvent = { kind: 'connected', connection: 1 };
const ACCEPTED: PeerEvent = { kind: 'accepted', connection: 2 };
const FAILED: PeerEvent = { kind: 'connectFailed', why: 'refused' };

function received(message: Extract<PeerEvent, { kind: 'received' }>['message'], connection = 1): PeerEvent {
  return { kind: 'received', connection, message };
}

const STATES: Readonly<Record<string, { readonly config: PeerConfig; readonly events: readonly PeerEvent[] }>> = {
  'Idle, stopped': { config: CONFIG, events: [] },
  'Idle, waiting for the IdleHoldTimer': { config: CONFIG, events: [START, FAILED] },
  Connect: { config: CONFIG, events: [START] },
  'Connect, DelayOpenTimer running': { config: DELAYED, events: [START, CONNECTED] },
  'Connect, waiting for strict BFD': { config: STRICT, events: [START, CONNECTED] },
  Active: { config: CONFIG, events: [START, CONNECTED, { kind: 'closed', connection: 1, why: 'end' }] },
  'Active, passive': { config: PASSIVE, events: [START] },
  OpenSent: { config: CONFIG, events: [START, CONNECTED] },
  'OpenSent on both of two connections': { config: CONFIG, events: [START, ACCEPTED, CONNECTED] },
  'OpenSent on ours, OpenConfirm on the peer’s': {
    config: CONFIG,
    events: [START, ACCEPTED, CONNECTED, received(OPEN, 2)],
  },
  OpenConfirm: { config: CONFIG, events: [START, CONNECTED, received(OPEN)] },
  Established: { config: CONFIG, events: [START, CONNECTED, received(OPEN), received(KEEPALIVE)] },
};

const EVENTS: Readonly<Record<string, PeerEvent>> = {
  'start (1, 3)': START,
  'stop: Administrative Shutdown (2, 8)': { kind: 'stop', reason: { kind: 'administrativeShutdown' } },
  'attempt succeeds (16)': CONNECTED,
  'attempt fails (18)': FAILED,
  'peer connects (17)': { kind: 'accepted', connection: 3 },
  'peer closes (18)': { kind: 'closed', connection: 1, why: 'end' },
  'OPEN (19, 20)': received(OPEN),
  'OPEN that does not suit (22)': received({ ...OPEN, myAs: 1 }),
  'message with a bad header (21)': {
    kind: 'malformed',
    connection: 1,
    notification: notification(1, 1),
    detail: 'a message without a marker',
  },
  'UPDATE with an error that RFC 7606 leaves fatal (28)': {
    kind: 'malformed',
    connection: 1,
    notification: notification(3, 10),
    detail: 'NLRI that cannot be read',
  },
  'KEEPALIVE (26)': received(KEEPALIVE),
  'UPDATE (27)': received(UPDATE),
  'ROUTE-REFRESH': received({ kind: 'routeRefresh', afi: 1, safi: 1, subtype: 0 }),
  'NOTIFICATION (24, 25)': received({ kind: 'notification', ...notification(6, 4) }),
  'IdleHoldTimer expires (13)': { kind: 'expired', timer: 'idleHold' },
  'ConnectRetryTimer expires (9)': { kind: 'expired', timer: 'connectRetry' },
  'DelayOpenTimer expires (12)': { kind: 'expired', timer: 'delayOpen', connection: 1 },
  'HoldTimer expires (10)': { kind: 'expired', timer: 'hold', connection: 1 },
  'KeepaliveTimer expires (11)': { kind: 'expired', timer: 'keepalive', connection: 1 },
  'SendHoldTimer expires (RFC 9687)': { kind: 'expired', timer: 'sendHold', connection: 1 },
  'up for a minute': { kind: 'expired', timer: 'stable' },
  'octets left for the peer': { kind: 'sent', connection: 1 },
  'BFD up': { kind: 'bfd', status: 'up' },
  'BFD down': { kind: 'bfd', status: 'down' },
  'BFD taken down by plan': { kind: 'bfd', status: 'unknown' },
  'End-of-RIB sent': { kind: 'endOfRibSent', connection: 1 },
};

function nameOf(state: PeerState): string {
  const kinds = state.connections.map(({ kind }) => kind);
  return kinds.length > 1 ? `${sessionStateOf(state)} (${kinds.join(' and ')})` : sessionStateOf(state);
}

function describe(action: PeerAction): string {
  switch (action.kind) {
    case 'send':
      return `send ${describeMessage(action.message)}${on(action)}`;
    case 'startTimer':
      return `${action.timer} ${action.afterMs / 1000} s${on(action)}`;
    case 'stopTimer':
      return `stop ${action.timer}${on(action)}`;
    case 'connect':
      return 'dial';
    case 'abortConnect':
      return 'give up dialling';
    case 'close':
      return `close${on(action)}`;
    case 'resend':
      return `send all ${action.family} routes again`;
    case 'negotiated':
      return '';
    case 'established':
      return '**session up**';
    case 'down':
      return '**session down**';
    case 'ended':
      return `report ${action.end.cause}`;
    case 'stateChanged':
      return '';
    default:
      return action satisfies never;
  }
}

function describeMessage(message: BgpMessage): string {
  return message.kind === 'notification'
    ? `${message.code}/${message.subcode} ${describeNotification(message)}`
    : message.kind.toUpperCase();
}

/** Connection 1 is the one that the events are about. */
function on(action: PeerAction): string {
  const connection = 'connection' in action ? action.connection : 1;
  return connection === 1 ? '' : connection === 2 ? ' on the peer’s' : ' on the new one';
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a constant of this file is wrong');
  return value;
}
