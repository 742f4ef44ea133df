import type { ReceivedMessage } from '../../core/codec/bgp/index.ts';
import type { SessionEnd, SessionState } from '../../core/fsm/bgp/index.ts';
import type { BfdCounters } from '../../ports/bfd.ts';
import type { Metrics } from '../../ports/metrics.ts';

/** Every metric of the BGP part of a speaker. `peer` is the name of a BGPPeer. */
export const BGP_METRICS = {
  up: {
    name: 'heraldlb_bgp_session_up',
    help: 'Whether the session with a peer is established.',
    labels: ['peer'],
  },
  prefixes: {
    name: 'heraldlb_bgp_prefixes_sent',
    help: 'Prefixes that the peer holds of this node, by what was sent.',
    labels: ['peer'],
  },
  updates: {
    name: 'heraldlb_bgp_updates_sent_total',
    help: 'UPDATE and route refresh messages with routes that were sent.',
    labels: ['peer'],
  },
  messagesSent: {
    name: 'heraldlb_bgp_messages_sent_total',
    help: 'Other messages that were sent, by type.',
    labels: ['peer', 'type'],
  },
  messagesReceived: {
    name: 'heraldlb_bgp_messages_received_total',
    help: 'Messages that came, by type.',
    labels: ['peer', 'type'],
  },
  ignoredPrefixes: {
    name: 'heraldlb_bgp_received_prefixes_total',
    help: 'Prefixes that the peer announced: none of them is kept.',
    labels: ['peer'],
  },
  treatedAsWithdraw: {
    name: 'heraldlb_bgp_treated_as_withdraw_total',
    help: 'UPDATEs of the peer with a fault that does not end the session (RFC 7606).',
    labels: ['peer'],
  },
  notifications: {
    name: 'heraldlb_bgp_notifications_total',
    help: 'NOTIFICATIONs, by who sent them.',
    labels: ['peer', 'by'],
  },
  ends: {
    name: 'heraldlb_bgp_session_ends_total',
    help: 'Sessions and attempts that ended, by cause.',
    labels: ['peer', 'cause'],
  },
  stateFailures: {
    name: 'heraldlb_bgp_local_state_failures_total',
    help: 'Times that what a speaker keeps of BGP for its next start could not be kept or used, by reason.',
    labels: ['reason'],
  },
  bfdUp: { name: 'heraldlb_bfd_session_up', help: 'Whether the BFD session with a peer is up.', labels: ['peer'] },
  bfdReceived: {
    name: 'heraldlb_bfd_packets_received_total',
    help: 'BFD packets that reached the speaker.',
    labels: [],
  },
  bfdSent: { name: 'heraldlb_bfd_packets_sent_total', help: 'BFD packets that were sent.', labels: [] },
  bfdSendFailures: {
    name: 'heraldlb_bfd_send_failures_total',
    help: 'BFD packets that the kernel did not take.',
    labels: [],
  },
  bfdDrops: {
    name: 'heraldlb_bfd_drops_total',
    help: 'BFD packets that changed nothing, by reason.',
    labels: ['reason'],
  },
} as const;

/** The metrics of all peers, made once. */
export class BgpMeter {
  readonly stateFailures;
  readonly #made;

  constructor(metrics: Metrics) {
    this.stateFailures = metrics.counter(BGP_METRICS.stateFailures);
    this.#made = {
      up: metrics.gauge(BGP_METRICS.up),
      prefixes: metrics.gauge(BGP_METRICS.prefixes),
      updates: metrics.counter(BGP_METRICS.updates),
      messagesSent: metrics.counter(BGP_METRICS.messagesSent),
      messagesReceived: metrics.counter(BGP_METRICS.messagesReceived),
      ignoredPrefixes: metrics.counter(BGP_METRICS.ignoredPrefixes),
      treatedAsWithdraw: metrics.counter(BGP_METRICS.treatedAsWithdraw),
      notifications: metrics.counter(BGP_METRICS.notifications),
      ends: metrics.counter(BGP_METRICS.ends),
      bfdUp: metrics.gauge(BGP_METRICS.bfdUp),
      bfdReceived: metrics.counter(BGP_METRICS.bfdReceived),
      bfdSent: metrics.counter(BGP_METRICS.bfdSent),
      bfdSendFailures: metrics.counter(BGP_METRICS.bfdSendFailures),
      bfdDrops: metrics.counter(BGP_METRICS.bfdDrops),
    };
  }

  /** For a session that begins: its gauges are 0. */
  of(peer: string): PeerMeter {
    return new PeerMeter(peer, this.#made);
  }

  bfdSession(peer: string, up: boolean): void {
    this.#made.bfdUp.set({ peer }, up ? 1 : 0);
  }

  bfd(counters: BfdCounters): void {
    this.#made.bfdReceived.add({}, counters.received);
    this.#made.bfdSent.add({}, counters.sent);
    this.#made.bfdSendFailures.add({}, counters.sendFailures);
    for (const [reason, count] of Object.entries(counters.drops)) this.#made.bfdDrops.add({ reason }, count);
  }
}

/** The metrics of one peer. */
export class PeerMeter {
  readonly #peer: string;
  readonly #made: MadeMetrics;

  constructor(peer: string, made: MadeMetrics) {
    this.#peer = peer;
    this.#made = made;
    made.up.set({ peer }, 0);
    made.prefixes.set({ peer }, 0);
  }

  state(state: SessionState | 'gone'): void {
    const up = state === 'Established';
    this.#made.up.set({ peer: this.#peer }, up ? 1 : 0);
    if (!up) this.#made.prefixes.set({ peer: this.#peer }, 0);
  }

  sent(type: string): void {
    this.#made.messagesSent.add({ peer: this.#peer, type });
  }

  /** @param prefixes that the peer has now */
  updatesSent(count: number, prefixes: number): void {
    this.#made.updates.add({ peer: this.#peer }, count);
    this.#made.prefixes.set({ peer: this.#peer }, prefixes);
  }

  received(message: ReceivedMessage): void {
    const peer = this.#peer;
    this.#made.messagesReceived.add({ peer, type: message.kind });
    if (message.kind !== 'update') return;
    this.#made.ignoredPrefixes.add({ peer }, message.announced);
    if (message.treatAsWithdraw !== undefined) this.#made.treatedAsWithdraw.add({ peer });
  }

  ended({ cause, notification }: SessionEnd): void {
    const peer = this.#peer;
    this.#made.ends.add({ peer, cause });
    if (notification !== undefined) this.#made.notifications.add({ peer, by: notification.by });
  }
}

interface MadeMetrics extends Readonly<Record<'up' | 'prefixes', ReturnType<Metrics['gauge']>>> {
  readonly updates: ReturnType<Metrics['counter']>;
  readonly messagesSent: ReturnType<Metrics['counter']>;
  readonly messagesReceived: ReturnType<Metrics['counter']>;
  readonly ignoredPrefixes: ReturnType<Metrics['counter']>;
  readonly treatedAsWithdraw: ReturnType<Metrics['counter']>;
  readonly notifications: ReturnType<Metrics['counter']>;
  readonly ends: ReturnType<Metrics['counter']>;
}
