import type { BgpMessage, ReceivedMessage } from '../../core/codec/bgp/index.ts';
import type { SessionEnd, SessionState } from '../../core/fsm/bgp/index.ts';
import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { BfdCounters, BfdSessionSettings } from '../../ports/bfd.ts';
import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { MetallbBgpMeter, type MetallbPeerMeter } from './metallb-metrics.ts';

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
  readonly #metallb: MetallbBgpMeter;
  /** By peer: what was told of its BFD session last. BOUNDED: by the peers with BFD. */
  readonly #bfd = new Map<string, { readonly remote: string; readonly up: boolean }>();

  constructor(metrics: Metrics) {
    this.stateFailures = metrics.counter(BGP_METRICS.stateFailures);
    this.#metallb = new MetallbBgpMeter(metrics);
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
  of(peer: Pick<BgpPeerSettings, 'name' | 'endpoint' | 'peerPort'>): PeerMeter {
    return new PeerMeter(peer.name, this.#made, this.#metallb.of(endOf(peer)));
  }

  /** These are watched from now on, and no others: whoever was not heard yet is down. */
  bfdWatched(watched: readonly Pick<BfdSessionSettings, 'name' | 'path'>[]): void {
    const names = new Set(watched.map(({ name }) => name));
    for (const peer of [...this.#bfd.keys()]) if (!names.has(peer)) this.#bfdGone(peer);
    for (const { name, path } of watched)
      if (this.#bfd.get(name)?.remote !== formatIp(path.remote)) this.bfdSession(name, path.remote, false);
  }

  bfdSession(peer: string, remote: IpAddress, up: boolean): void {
    const now = { remote: formatIp(remote), up };
    if (this.#bfd.get(peer)?.remote !== now.remote) this.#bfdGone(peer);
    const before = this.#bfd.get(peer);
    this.#bfd.set(peer, now);
    this.#made.bfdUp.set({ peer }, up ? 1 : 0);
    if (this.#speaksFor(peer)) this.#metallb.bfdSession(now.remote, up, up !== (before?.up ?? false));
  }

  /** BFD cannot be had now: nothing is up. */
  bfdFailed(): void {
    for (const [peer, { remote, up }] of this.#bfd) {
      this.#bfd.set(peer, { remote, up: false });
      this.#made.bfdUp.set({ peer }, 0);
      if (this.#speaksFor(peer)) this.#metallb.bfdSession(remote, false, up);
    }
  }

  bfd({ received, sent, sendFailures, drops, sessions }: BfdCounters): void {
    this.#made.bfdReceived.add({}, received);
    this.#made.bfdSent.add({}, sent);
    this.#made.bfdSendFailures.add({}, sendFailures);
    for (const [reason, count] of Object.entries(drops)) this.#made.bfdDrops.add({ reason }, count);
    for (const [peer, counters] of Object.entries(sessions)) {
      const told = this.#bfd.get(peer);
      if (told !== undefined && this.#speaksFor(peer)) this.#metallb.bfdPackets(told.remote, counters);
    }
  }

  #bfdGone(peer: string): void {
    const last = this.#bfd.get(peer);
    if (last === undefined) return;
    this.#bfd.delete(peer);
    this.#made.bfdUp.remove({ peer });
    const next = [...this.#bfd.values()].find(({ remote }) => remote === last.remote);
    if (next === undefined) this.#metallb.bfdGone(last.remote);
    else this.#metallb.bfdSession(next.remote, next.up, false);
  }

  /** Of the peers on one router the first: MetalLB knows only the router. */
  #speaksFor(peer: string): boolean {
    const remote = this.#bfd.get(peer)?.remote;
    const [first] = [...this.#bfd].find(([, other]) => other.remote === remote) ?? [];
    return first === peer;
  }
}

/** The metrics of one peer. */
export class PeerMeter {
  readonly #peer: string;
  readonly #made: MadeMetrics;
  readonly #metallb: MetallbPeerMeter;

  constructor(peer: string, made: MadeMetrics, metallb: MetallbPeerMeter) {
    this.#peer = peer;
    this.#made = made;
    this.#metallb = metallb;
    made.up.set({ peer }, 0);
    made.prefixes.set({ peer }, 0);
  }

  state(state: SessionState): void {
    const up = state === 'Established';
    this.#made.up.set({ peer: this.#peer }, up ? 1 : 0);
    if (!up) this.#made.prefixes.set({ peer: this.#peer }, 0);
    this.#metallb.state(up);
  }

  /** The session is not wanted any more. */
  gone(): void {
    this.#made.up.remove({ peer: this.#peer });
    this.#made.prefixes.remove({ peer: this.#peer });
    this.#metallb.gone();
  }

  sent(type: BgpMessage['kind']): void {
    this.#made.messagesSent.add({ peer: this.#peer, type });
    this.#metallb.sent(type);
  }

  /** @param prefixes that the peer has now */
  updatesSent(count: number, prefixes: number): void {
    this.#made.updates.add({ peer: this.#peer }, count);
    this.#made.prefixes.set({ peer: this.#peer }, prefixes);
    this.#metallb.sent('update', count);
    this.#metallb.announced(prefixes);
  }

  /** How many prefixes the peer is to have. */
  prefixesWanted(prefixes: number): void {
    this.#metallb.pending(prefixes);
  }

  received(message: ReceivedMessage): void {
    const peer = this.#peer;
    this.#made.messagesReceived.add({ peer, type: message.kind });
    this.#metallb.received(message.kind);
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

/** As MetalLB calls a peer; one without an address by its interface. */
function endOf({ endpoint, peerPort }: Pick<BgpPeerSettings, 'endpoint' | 'peerPort'>): string {
  if (endpoint.kind === 'interface') return `${endpoint.name}:${peerPort}`;
  const address = formatIp(endpoint.address);
  return `${address.includes(':') ? `[${address}]` : address}:${peerPort}`;
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
