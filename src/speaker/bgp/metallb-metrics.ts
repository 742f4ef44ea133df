import type { BgpMessage, ReceivedMessage } from '../../core/codec/bgp/index.ts';
import type { BfdSessionCounters } from '../../ports/bfd.ts';
import type { Counter, Gauge, MetricDefinition, Metrics } from '../../ports/metrics.ts';

type PeerLabel = 'peer' | 'vrf';

/**
 * The metrics of sessions that MetalLB has, in its native mode or beside FRR. `peer` is the address and port of the router, for
 * BFD its address. BOUNDED: by the peers of the node.
 * @see https://metallb.io/prometheus-metrics/
 */
export const METALLB_BGP_METRICS = {
  up: gauge('bgp_session_up', 'Whether the BGP session is established.'),
  announced: gauge('bgp_announced_prefixes_total', 'Prefixes that the router has of this node.'),
  pending: gauge('bgp_pending_prefixes_total', 'Prefixes that the router is to have of this node.'),
  updates: counter('bgp_updates_total', 'UPDATE messages that were sent.'),
  updatesReceived: counter('bgp_updates_total_received', 'UPDATE messages that came.'),
  opensSent: counter('bgp_opens_sent', 'OPEN messages that were sent.'),
  opensReceived: counter('bgp_opens_received', 'OPEN messages that came.'),
  notificationsSent: counter('bgp_notifications_sent', 'NOTIFICATION messages that were sent.'),
  keepalivesSent: counter('bgp_keepalives_sent', 'KEEPALIVE messages that were sent.'),
  keepalivesReceived: counter('bgp_keepalives_received', 'KEEPALIVE messages that came.'),
  routeRefreshSent: counter('bgp_route_refresh_sent', 'ROUTE-REFRESH messages that were sent.'),
  totalSent: counter('bgp_total_sent', 'BGP messages that were sent.'),
  totalReceived: counter('bgp_total_received', 'BGP messages that came.'),
} as const;

/** As above; echo is not spoken, so that its counters stay 0. */
export const METALLB_BFD_METRICS = {
  up: gauge('bfd_session_up', 'Whether the BFD session is up.'),
  received: counter('bfd_control_packet_input', 'BFD control packets of the session that came.'),
  sent: counter('bfd_control_packet_output', 'BFD control packets of the session that were sent.'),
  echoReceived: counter('bfd_echo_packet_input', 'BFD echo packets that came: none, echo is not spoken.'),
  echoSent: counter('bfd_echo_packet_output', 'BFD echo packets that were sent: none, echo is not spoken.'),
  ups: counter('bfd_session_up_events', 'Times that the BFD session came up.'),
  downs: counter('bfd_session_down_events', 'Times that the BFD session went down.'),
  notifications: counter('bfd_zebra_notifications', 'Times that the BGP session was told of another state of BFD.'),
} as const;

/** Neither native MetalLB nor this speaker holds a session in another VRF; FRR calls the only one so. */
const VRF = 'default';

type Made<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends GaugeDefinition ? Gauge<PeerLabel> : Counter<PeerLabel>;
};

interface GaugeDefinition extends MetricDefinition<PeerLabel> {
  readonly type: 'gauge';
}

interface CounterDefinition extends MetricDefinition<PeerLabel> {
  readonly type: 'counter';
}

function gauge(name: string, help: string): GaugeDefinition {
  return { name: `metallb_${name}`, help, labels: ['peer', 'vrf'], type: 'gauge' };
}

function counter(name: string, help: string): CounterDefinition {
  return { name: `metallb_${name}`, help, labels: ['peer', 'vrf'], type: 'counter' };
}

/** Tells of sessions under MetalLB's names. */
export class MetallbBgpMeter {
  readonly #bgp: Made<typeof METALLB_BGP_METRICS>;
  readonly #bfd: Made<typeof METALLB_BFD_METRICS>;
  /** By address and port, in the order of their beginning. BOUNDED: by the peers of the node. */
  readonly #peers = new Map<string, readonly MetallbPeerMeter[]>();

  constructor(metrics: Metrics) {
    const [bgp, bfd] = [METALLB_BGP_METRICS, METALLB_BFD_METRICS];
    this.#bgp = {
      up: metrics.gauge(bgp.up),
      announced: metrics.gauge(bgp.announced),
      pending: metrics.gauge(bgp.pending),
      updates: metrics.counter(bgp.updates),
      updatesReceived: metrics.counter(bgp.updatesReceived),
      opensSent: metrics.counter(bgp.opensSent),
      opensReceived: metrics.counter(bgp.opensReceived),
      notificationsSent: metrics.counter(bgp.notificationsSent),
      keepalivesSent: metrics.counter(bgp.keepalivesSent),
      keepalivesReceived: metrics.counter(bgp.keepalivesReceived),
      routeRefreshSent: metrics.counter(bgp.routeRefreshSent),
      totalSent: metrics.counter(bgp.totalSent),
      totalReceived: metrics.counter(bgp.totalReceived),
    };
    this.#bfd = {
      up: metrics.gauge(bfd.up),
      received: metrics.counter(bfd.received),
      sent: metrics.counter(bfd.sent),
      echoReceived: metrics.counter(bfd.echoReceived),
      echoSent: metrics.counter(bfd.echoSent),
      ups: metrics.counter(bfd.ups),
      downs: metrics.counter(bfd.downs),
      notifications: metrics.counter(bfd.notifications),
    };
  }

  /** For a session that begins: all is 0, unless another with this router speaks for it. @param peer address and port, `192.0.2.1:179` or `[2001:db8::1]:179` */
  of(peer: string): MetallbPeerMeter {
    return new MetallbPeerMeter(peer, this.#bgp, this.#peers);
  }

  /** @param changed whether it was up or down the other way round before */
  bfdSession(remote: string, up: boolean, changed: boolean): void {
    const labels = { peer: remote, vrf: VRF };
    const { up: gauge, received, sent, ups, downs, notifications, echoReceived, echoSent } = this.#bfd;
    gauge.set(labels, up ? 1 : 0);
    for (const metric of [received, sent, echoReceived, echoSent]) metric.add(labels, 0);
    ups.add(labels, changed && up ? 1 : 0);
    downs.add(labels, changed && !up ? 1 : 0);
    notifications.add(labels, changed ? 1 : 0);
  }

  bfdPackets(remote: string, { received, sent }: BfdSessionCounters): void {
    this.#bfd.received.add({ peer: remote, vrf: VRF }, received);
    this.#bfd.sent.add({ peer: remote, vrf: VRF }, sent);
  }

  bfdGone(remote: string): void {
    for (const metric of Object.values(this.#bfd)) metric.remove({ peer: remote, vrf: VRF });
  }
}

type BgpMetric = keyof typeof METALLB_BGP_METRICS;
type BgpGauge = 'up' | 'announced' | 'pending';

/** The metrics of one peer under MetalLB's names. Of the peers with one address and port the first speaks: MetalLB knows no other. */
export class MetallbPeerMeter {
  readonly #labels: Readonly<Record<PeerLabel, string>>;
  readonly #made: Made<typeof METALLB_BGP_METRICS>;
  /** All of them, which each keeps itself in. */
  readonly #peers: Map<string, readonly MetallbPeerMeter[]>;
  /** BOUNDED: by the gauges. */
  readonly #values: Record<BgpGauge, number> = { up: 0, announced: 0, pending: 0 };

  constructor(peer: string, made: Made<typeof METALLB_BGP_METRICS>, peers: Map<string, readonly MetallbPeerMeter[]>) {
    this.#labels = { peer, vrf: VRF };
    this.#made = made;
    this.#peers = peers;
    peers.set(peer, [...this.#onRouter, this]);
    if (this.#speaks) this.#showAll();
  }

  state(up: boolean): void {
    this.#set('up', up ? 1 : 0);
    if (!up) this.#set('announced', 0);
  }

  sent(kind: BgpMessage['kind'], count = 1): void {
    const counters = {
      open: 'opensSent',
      keepalive: 'keepalivesSent',
      notification: 'notificationsSent',
      routeRefresh: 'routeRefreshSent',
      update: 'updates',
    } as const;
    this.#count(counters[kind], count);
    this.#count('totalSent', count);
  }

  /** How many prefixes the router has of us. */
  announced(prefixes: number): void {
    this.#set('announced', prefixes);
  }

  /** How many prefixes the router is to have of us. */
  pending(prefixes: number): void {
    this.#set('pending', prefixes);
  }

  received(kind: ReceivedMessage['kind']): void {
    this.#count('totalReceived');
    if (kind === 'open') this.#count('opensReceived');
    else if (kind === 'keepalive') this.#count('keepalivesReceived');
    else if (kind === 'update') this.#count('updatesReceived');
  }

  /** The session is not wanted any more. */
  gone(): void {
    const rest = this.#onRouter.filter((peer) => peer !== this);
    const [next] = rest;
    if (next === undefined) {
      this.#peers.delete(this.#labels.peer);
      for (const metric of Object.values(this.#made)) metric.remove(this.#labels);
      return;
    }
    this.#peers.set(this.#labels.peer, rest);
    next.#showAll();
  }

  get #onRouter(): readonly MetallbPeerMeter[] {
    return this.#peers.get(this.#labels.peer) ?? [];
  }

  get #speaks(): boolean {
    return this.#onRouter[0] === this;
  }

  #showAll(): void {
    const { up, announced, pending, ...counters } = this.#made;
    up.set(this.#labels, this.#values.up);
    announced.set(this.#labels, this.#values.announced);
    pending.set(this.#labels, this.#values.pending);
    for (const metric of Object.values(counters)) metric.add(this.#labels, 0);
  }

  #set(name: BgpGauge, value: number): void {
    this.#values[name] = value;
    if (this.#speaks) this.#made[name].set(this.#labels, value);
  }

  #count(name: Exclude<BgpMetric, BgpGauge>, count = 1): void {
    if (this.#speaks) this.#made[name].add(this.#labels, count);
  }
}
