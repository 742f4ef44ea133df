import type { Capability, OpenMessage } from '../../../src/core/codec/bgp/index.ts';
import {
  initialPeer,
  type PeerAction,
  type PeerConfig,
  type PeerEvent,
  type PeerState,
  type SessionState,
  sessionStateOf,
  stepPeer,
} from '../../../src/core/fsm/bgp/index.ts';
import { asnFromNumber, parseRouterId } from '../../../src/core/net/index.ts';

/** AS 64512 towards AS 65000; our identifier is the lower one. */
export const CONFIG: PeerConfig = {
  localAsn: asnFromNumber(64512) ?? fail(),
  peerAsn: { kind: 'number', asn: asnFromNumber(65000) ?? fail() },
  routerId: parseRouterId('192.0.2.11') ?? fail(),
  holdTimeSeconds: 90,
  connectRetrySeconds: 10,
  delayOpenSeconds: 0,
  passive: false,
  families: ['IPv4', 'IPv6'],
  multiprotocol: true,
  extendedNextHop: false,
  extendedMessages: false,
  strictBfd: false,
};

const PEER_CAPABILITIES: readonly Capability[] = [
  { kind: 'multiprotocol', afi: 1, safi: 1 },
  { kind: 'multiprotocol', afi: 2, safi: 1 },
  { kind: 'routeRefresh' },
  { kind: 'fourOctetAs', asn: 65000 },
];

/** The OPEN of the peer that `CONFIG` expects: identifier 192.0.2.250, hold time 30 s. */
export const PEER_OPEN: OpenMessage = {
  kind: 'open',
  myAs: 65000,
  holdTimeSeconds: 30,
  identifier: 0xc000_02fa,
  capabilities: PEER_CAPABILITIES,
};

/** Graceful restart with routes kept. */
export const RESTARTING_OPEN: OpenMessage = {
  ...PEER_OPEN,
  capabilities: [
    ...PEER_CAPABILITIES,
    {
      kind: 'gracefulRestart',
      restarting: true,
      notification: true,
      restartTimeSeconds: 120,
      families: [{ afi: 1, safi: 1, forwarding: true }],
    },
  ],
};

export const UPDATE_SUMMARY = {
  kind: 'update',
  announced: 1,
  withdrawn: 0,
  ignored: 0,
  treatAsWithdraw: undefined,
  discarded: [],
  endOfRib: false,
} as const;

/** A peer that is told events one after the other. Every input is frozen: a machine that is not pure is found out. */
export class Peer {
  state: PeerState;
  actions: readonly PeerAction[] = [];
  readonly #config: PeerConfig;

  constructor(overrides: Partial<PeerConfig> = {}) {
    this.#config = deepFreeze({ ...CONFIG, ...overrides });
    this.state = deepFreeze(initialPeer(this.#config));
  }

  /** Its actions are those of the last event. */
  tell(...events: readonly PeerEvent[]): this {
    for (const event of events) {
      const step = stepPeer(this.state, deepFreeze(event), this.#config);
      this.state = deepFreeze(step.state);
      this.actions = step.actions;
    }
    return this;
  }

  /** What came over connection 1, or another. */
  receive(message: Extract<PeerEvent, { kind: 'received' }>['message'], connection = 1): this {
    return this.tell({ kind: 'received', connection, message });
  }

  get shown(): SessionState {
    return sessionStateOf(this.state);
  }

  /** The last event's actions of a kind. */
  did<K extends PeerAction['kind']>(kind: K): readonly Extract<PeerAction, { readonly kind: K }>[] {
    return this.actions.filter((action): action is Extract<PeerAction, { readonly kind: K }> => action.kind === kind);
  }

  /** NOTIFICATIONs that the last event sent, as `code/subcode data`. */
  get notified(): readonly string[] {
    return this.did('send').flatMap(({ message }) =>
      message.kind === 'notification'
        ? [`${message.code}/${message.subcode} ${Buffer.from(message.data).toString('hex')}`.trim()]
        : [],
    );
  }

  timer(name: string): Extract<PeerAction, { kind: 'startTimer' }> | undefined {
    return this.did('startTimer').find(({ timer }) => timer === name);
  }

  /** The session is up on connection 1, which we made. */
  up(open: OpenMessage = PEER_OPEN): this {
    return this.tell({ kind: 'start' }, { kind: 'connected', connection: 1 })
      .receive(open)
      .receive({ kind: 'keepalive' });
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

function fail(): never {
  throw new Error('not understood');
}
