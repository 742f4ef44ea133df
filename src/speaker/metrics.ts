import type { Metrics } from '../ports/metrics.ts';
import type { PacketCounters } from '../ports/packet-plane.ts';

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
  connected: { name: 'heraldlb_speaker_connected', help: 'Whether a session with the controller is up.', labels: [] },
} as const;

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
}
