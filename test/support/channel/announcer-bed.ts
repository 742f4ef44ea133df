import { Announcer, type AnnouncerOptions } from '../../../src/controller/announcer/announcer.ts';
import { OwnerHistory } from '../../../src/controller/announcer/owner-history.ts';
import type { AnnouncementState, ServiceAnnouncement } from '../../../src/controller/announcer/service-announcement.ts';
import { SpeakerRegistry } from '../../../src/controller/speakers/speaker-registry.ts';
import type { L2Advertisement } from '../../../src/core/config/config.ts';
import { formatIp, type IpAddress, parseIp } from '../../../src/core/net/index.ts';
import type { EndpointSlice, Node } from '../../../src/ports/kubernetes.ts';
import { FakeInformer } from '../fake-informer.ts';
import { ManualTime } from '../manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../recording-telemetry.ts';
import { SettableConfig } from '../settable-config.ts';
import { ModelSpeaker } from './model-speaker.ts';

export function advertisement(name: string, fields: Partial<L2Advertisement> = {}): L2Advertisement {
  return {
    name,
    origin: { apiVersion: 'heraldlb.io/v1', kind: 'L2Advertisement', namespace: 'heraldlb-system', name },
    ipAddressPools: [],
    ipAddressPoolSelectors: [],
    nodeSelectors: [],
    serviceSelectors: [],
    preferredNodeSelectors: [],
    interfaces: [],
    ...fields,
  };
}

export function nodeOf(name: string, fields: Partial<Node> & { readonly labels?: Record<string, string> } = {}): Node {
  const { labels = {}, ...rest } = fields;
  return {
    meta: { name, uid: name, resourceVersion: '1', labels, annotations: {}, finalizers: [], creationTimestamp: '' },
    unschedulable: false,
    taints: [],
    addresses: [],
    conditions: [],
    ...rest,
  };
}

export function sliceOf(service: string, endpoints: EndpointSlice['endpoints'], name = `${service}-1`): EndpointSlice {
  const meta = { namespace: 'default', name, uid: name, resourceVersion: '1', labels: {}, annotations: {} };
  return { meta: { ...meta, finalizers: [], creationTimestamp: '' }, serviceName: service, endpoints };
}

export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** A cluster with model speakers and, one after the other, several controllers; in virtual time. */
export class AnnouncerBed {
  readonly time = new ManualTime();
  readonly config = new SettableConfig();
  readonly nodes = new FakeInformer<Node>();
  readonly slices = new FakeInformer<EndpointSlice>();
  readonly metrics = new RecordingMetrics();
  readonly log = new RecordingLog();
  readonly speakers = new Map<string, ModelSpeaker>();
  /** What became true on the wire, in order: `node-a claims 10.0.0.1`. */
  readonly wire: string[] = [];
  registry: SpeakerRegistry;
  announcer: Announcer;
  #leading = new AbortController();
  #generation = 0;

  constructor(options: Partial<AnnouncerOptions> = {}) {
    this.advertise(advertisement('all'));
    [this.registry, this.announcer] = this.#controller(options);
  }

  #controller(options: Partial<AnnouncerOptions>): [SpeakerRegistry, Announcer] {
    this.#generation += 1;
    const { time, log, metrics, config, nodes, slices } = this;
    const registry = new SpeakerRegistry(
      { heartbeatIntervalMs: 250, missedHeartbeats: 4 },
      { clock: time, timers: time, log, metrics },
    );
    const history = new OwnerHistory({ clock: time, metrics });
    const announcer = new Announcer(
      { generation: this.#generation, ...options },
      { speakers: registry, config, nodes, endpointSlices: slices, history, clock: time, timers: time, log, metrics },
    );
    return [registry, announcer];
  }

  addNode(name: string, fields: Parameters<typeof nodeOf>[1] = {}): ModelSpeaker {
    this.nodes.set(name, nodeOf(name, fields));
    const speaker = new ModelSpeaker(name);
    speaker.onWire = (what, address) => {
      this.wire.push(`${name} ${what === 'claim' ? 'claims' : 'drops'} ${formatIp(address)}`);
    };
    this.speakers.set(name, speaker);
    return speaker;
  }

  /** Nodes a, b, c… with a speaker each, and the controller that leads. */
  async start(...nodeNames: string[]): Promise<void> {
    for (const name of nodeNames) this.addNode(name);
    await this.announcer.start(this.#leading.signal);
    for (const speaker of this.speakers.values()) speaker.dial(this.registry);
    this.announcer.declared();
    await this.advance(0);
  }

  /** The controller that leads is gone; another one begins and knows nothing. */
  async replaceController(options: Partial<AnnouncerOptions> = {}): Promise<void> {
    this.#leading.abort();
    this.registry.stop();
    this.#leading = new AbortController();
    [this.registry, this.announcer] = this.#controller(options);
    await this.announcer.start(this.#leading.signal);
  }

  /** Time passes, with heartbeats of all that have a session. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      for (const speaker of this.speakers.values()) speaker.beat();
      await this.time.advance(Math.min(100, left));
    }
    await this.time.advance(0);
  }

  service(name: string, addresses: readonly string[], fields: Partial<ServiceAnnouncement> = {}): void {
    this.announcer.set(`default/${name}`, {
      namespace: 'default',
      name,
      labels: {},
      externalTrafficPolicy: 'Cluster',
      addresses: addresses.map((address) => ({ address: ip(address), poolName: 'pool', poolLabels: {} })),
      ...fields,
    });
  }

  endpoints(service: string, ...nodeNames: string[]): void {
    const endpoints = nodeNames.map((nodeName) => ({ nodeName, ready: true }));
    this.slices.set(`default/${service}-1`, sliceOf(service, endpoints));
  }

  /** A Service with an address and an endpoint somewhere. */
  serve(name: string, address: string, fields: Partial<ServiceAnnouncement> = {}): void {
    this.endpoints(name, 'somewhere');
    this.service(name, [address], fields);
  }

  advertise(...l2Advertisements: L2Advertisement[]): void {
    this.config.put({ l2Advertisements });
  }

  speaker(nodeName: string | undefined): ModelSpeaker {
    const found = this.speakers.get(nodeName ?? '');
    if (found === undefined) throw new Error(`no speaker ${nodeName}`);
    return found;
  }

  /** How it stands with the first address of a Service. */
  stateOf(name: string): AnnouncementState | undefined {
    return this.announcer.statesOf(`default/${name}`)[0];
  }

  /** Who announces an address on the wire. */
  announcersOf(address: string): string[] {
    return [...this.speakers.values()].filter(({ claims }) => claims.has(ip(address))).map(({ nodeName }) => nodeName);
  }

  ownerOf(address: string): string {
    return this.announcersOf(address).join();
  }

  stop(): void {
    this.#leading.abort();
    this.registry.stop();
  }
}
