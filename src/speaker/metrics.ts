import { formatIp, type IpAddress } from '../core/net/index.ts';
import type { NeighbourReport, NeighbourState } from '../ports/channel.ts';
import type { MetricDefinition, Metrics } from '../ports/metrics.ts';
import type { OwnershipChange, PacketCounters } from '../ports/packet-plane.ts';

const NEIGHBOUR_STATES: readonly NeighbourState[] = ['never-heard', 'heard', 'leaving', 'stopped', 'down', 'deaf'];

const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Every metric of the speaker. */
export const SPEAKER_METRICS = {
  received: {
    name: 'heraldlb_speaker_frames_received_total',
    help: 'ARP and NDP frames that reached the speaker.',
    labels: [],
  },
  replies: { name: 'heraldlb_speaker_replies_total', help: 'Requests that were answered.', labels: [] },
  mismatchedSource: {
    name: 'heraldlb_speaker_mismatched_source_total',
    help: 'Answered requests whose Ethernet source was not the MAC that they name, as behind wifi bridges.',
    labels: [],
  },
  announcements: {
    name: 'heraldlb_speaker_announcements_total',
    help: 'Frames sent unasked to announce addresses.',
    labels: [],
  },
  drops: {
    name: 'heraldlb_speaker_drops_total',
    help: 'Frames that were not answered, by reason.',
    labels: ['reason'],
  },
  sendFailures: {
    name: 'heraldlb_speaker_send_failures_total',
    help: 'Frames that could not be sent, by outcome.',
    labels: ['outcome'],
  },
  events: {
    name: 'heraldlb_speaker_packet_events_total',
    help: 'Things seen on the network that people should hear of, by kind; each address counts once in 10 s.',
    labels: ['kind'],
  },
  rejectedGrants: {
    name: 'heraldlb_speaker_rejected_grants_total',
    help: 'Grants of the controller that could not be carried out.',
    labels: [],
  },
  grants: { name: 'heraldlb_speaker_grants', help: 'Addresses that this node may announce.', labels: [] },
  announced: {
    name: 'heraldlb_speaker_announced_addresses',
    help: 'Addresses that this node announces now.',
    labels: [],
  },
  hellosSent: { name: 'heraldlb_speaker_hellos_sent_total', help: 'Hellos sent to neighbours.', labels: [] },
  hellosReceived: {
    name: 'heraldlb_speaker_hellos_received_total',
    help: 'Datagrams received on the port of hellos.',
    labels: [],
  },
  helloDrops: {
    name: 'heraldlb_speaker_hello_drops_total',
    help: 'Hellos that were ignored, by reason.',
    labels: ['reason'],
  },
  helloSendFailures: {
    name: 'heraldlb_speaker_hello_send_failures_total',
    help: 'Hellos that could not be sent, by outcome.',
    labels: ['outcome'],
  },
  neighbours: {
    name: 'heraldlb_speaker_neighbours',
    help: 'Neighbours of this node, by how it sees them.',
    labels: ['state'],
  },
  ownership: {
    name: 'heraldlb_speaker_ownership_changes_total',
    help: 'Addresses that this node began to announce (claim), to stand in for, or ceased to (nothing), by reason.',
    labels: ['holding', 'reason'],
  },
  verifications: {
    name: 'heraldlb_speaker_verifications_total',
    help: 'Takeovers of neighbours about which the LAN was asked, by whether it agrees.',
    labels: ['agrees'],
  },
  stateFailures: {
    name: 'heraldlb_speaker_local_state_failures_total',
    help: 'Local state that could not be written, or was left out at the start, by reason.',
    labels: ['reason'],
  },
  lag: {
    name: 'heraldlb_speaker_packet_lag_seconds',
    help: 'How late the timers of the packet thread are: what it answers and notices is as late.',
    labels: [],
    buckets: LAG_BUCKETS,
  },
  connected: { name: 'heraldlb_speaker_connected', help: 'Whether a session with the controller is up.', labels: [] },
} as const;

/** As MetalLB names them. BOUNDED: by the addresses that this node answers for. */
export const METALLB_LAYER2_METRICS = {
  requests: metallb('requests_received', 'ARP and NDP questions for an address that this node answers for.'),
  replies: metallb('responses_sent', 'Answers to them.'),
  announcements: metallb('gratuitous_sent', 'Frames sent unasked to announce the address.'),
} as const;

function metallb(name: string, help: string): MetricDefinition<'ip'> {
  return { name: `metallb_layer2_${name}`, help, labels: ['ip'], type: 'counter' };
}

/** The metrics of one speaker, made once. */
export class SpeakerMeter {
  readonly #received;
  readonly #replies;
  readonly #mismatchedSource;
  readonly #announcements;
  readonly #drops;
  readonly #sendFailures;
  readonly #events;
  readonly #rejectedGrants;
  readonly #grants;
  readonly #announced;
  readonly #connected;
  readonly #hellosSent;
  readonly #hellosReceived;
  readonly #helloDrops;
  readonly #helloSendFailures;
  readonly #neighbours;
  readonly #ownership;
  readonly #verifications;
  readonly #lag;
  readonly #ofAddress;
  /** What this node answers for. BOUNDED: by its grants. */
  readonly #held = new Set<IpAddress>();
  /** For the keepers of local state. */
  readonly stateFailures;

  constructor(metrics: Metrics) {
    this.#received = metrics.counter(SPEAKER_METRICS.received);
    this.#replies = metrics.counter(SPEAKER_METRICS.replies);
    this.#mismatchedSource = metrics.counter(SPEAKER_METRICS.mismatchedSource);
    this.#announcements = metrics.counter(SPEAKER_METRICS.announcements);
    this.#drops = metrics.counter(SPEAKER_METRICS.drops);
    this.#sendFailures = metrics.counter(SPEAKER_METRICS.sendFailures);
    this.#events = metrics.counter(SPEAKER_METRICS.events);
    this.#rejectedGrants = metrics.counter(SPEAKER_METRICS.rejectedGrants);
    this.#grants = metrics.gauge(SPEAKER_METRICS.grants);
    this.#announced = metrics.gauge(SPEAKER_METRICS.announced);
    this.#connected = metrics.gauge(SPEAKER_METRICS.connected);
    this.#hellosSent = metrics.counter(SPEAKER_METRICS.hellosSent);
    this.#hellosReceived = metrics.counter(SPEAKER_METRICS.hellosReceived);
    this.#helloDrops = metrics.counter(SPEAKER_METRICS.helloDrops);
    this.#helloSendFailures = metrics.counter(SPEAKER_METRICS.helloSendFailures);
    this.#neighbours = metrics.gauge(SPEAKER_METRICS.neighbours);
    this.#ownership = metrics.counter(SPEAKER_METRICS.ownership);
    this.#verifications = metrics.counter(SPEAKER_METRICS.verifications);
    this.#lag = metrics.histogram(SPEAKER_METRICS.lag);
    this.#ofAddress = {
      requests: metrics.counter(METALLB_LAYER2_METRICS.requests),
      replies: metrics.counter(METALLB_LAYER2_METRICS.replies),
      announcements: metrics.counter(METALLB_LAYER2_METRICS.announcements),
    };
    this.stateFailures = metrics.counter(SPEAKER_METRICS.stateFailures);
    this.connected(false);
    this.holds(0, 0);
  }

  count(counters: PacketCounters): void {
    this.#received.add({}, counters.received);
    this.#replies.add({}, counters.replies);
    this.#mismatchedSource.add({}, counters.mismatchedSource);
    this.#announcements.add({}, counters.announcements);
    for (const [reason, count] of Object.entries(counters.drops)) this.#drops.add({ reason }, count);
    for (const [outcome, count] of Object.entries(counters.sendFailures)) this.#sendFailures.add({ outcome }, count);
    this.#countAddresses(counters.addresses);
    this.#lag.observe({}, counters.lateMs / 1000);
    const { sent, received, drops, sendFailures } = counters.hellos;
    this.#hellosSent.add({}, sent);
    this.#hellosReceived.add({}, received);
    for (const [reason, count] of Object.entries(drops)) this.#helloDrops.add({ reason }, count);
    for (const [outcome, count] of Object.entries(sendFailures)) this.#helloSendFailures.add({ outcome }, count);
  }

  /** How many neighbours are in each state; states without any are 0. */
  neighbours(reports: readonly NeighbourReport[]): void {
    for (const state of NEIGHBOUR_STATES)
      this.#neighbours.set({ state }, reports.filter((report) => report.state === state).length);
  }

  /** What happened to these addresses for the same reason. */
  ownership({ holding, reason }: Pick<OwnershipChange, 'holding' | 'reason'>, addresses: readonly IpAddress[]): void {
    this.#ownership.add({ holding, reason }, addresses.length);
    for (const address of addresses) {
      if (holding === 'nothing') this.#forget(address);
      else this.#hold(address);
    }
  }

  verified(agrees: boolean): void {
    this.#verifications.add({ agrees: String(agrees) });
  }

  event(kind: string): void {
    this.#events.add({ kind });
  }

  rejected(count: number): void {
    this.#rejectedGrants.add({}, count);
  }

  holds(grants: number, announced: number): void {
    this.#grants.set({}, grants);
    this.#announced.set({}, announced);
  }

  connected(connected: boolean): void {
    this.#connected.set({}, connected ? 1 : 0);
  }

  /** Counted from 0, so that the first question is an increase. */
  #hold(address: IpAddress): void {
    this.#held.add(address);
    for (const counter of Object.values(this.#ofAddress)) counter.add({ ip: formatIp(address) }, 0);
  }

  #forget(address: IpAddress): void {
    this.#held.delete(address);
    for (const counter of Object.values(this.#ofAddress)) counter.remove({ ip: formatIp(address) });
  }

  /** What was counted of an address that is gone meanwhile is not told any more. */
  #countAddresses(addresses: PacketCounters['addresses']): void {
    for (const [address, { requests, replies, announcements }] of addresses) {
      if (!this.#held.has(address)) continue;
      const labels = { ip: formatIp(address) };
      this.#ofAddress.requests.add(labels, requests);
      this.#ofAddress.replies.add(labels, replies);
      this.#ofAddress.announcements.add(labels, announcements);
    }
  }
}
