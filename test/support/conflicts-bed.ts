import { Conflicts } from '../../src/controller/conflicts/conflicts.ts';
import { Provider } from '../../src/controller/provider/provider.ts';
import type { Observation, ObservationListener, Speaker } from '../../src/controller/speakers/speaker-listener.ts';
import type { Pool } from '../../src/core/config/config.ts';
import { formatIp, type IpAddress, type MacAddress } from '../../src/core/net/index.ts';
import type { ConflictSign } from '../../src/ports/channel.ts';
import { advertisement } from './channel/announcer-bed.ts';
import { mac } from './fake-lan.ts';
import { FakeCluster, node } from './kube/fake-cluster.ts';
import { ManualTime } from './manual-time.ts';
import { configPool, FakeConfig, RecordingAnnouncer } from './provider-bed.ts';
import { RecordingLog, RecordingMetrics } from './recording-telemetry.ts';

export const NODE_MACS: Readonly<Record<string, MacAddress>> = {
  n1: mac('02:00:00:00:0a:01'),
  n2: mac('02:00:00:00:0a:02'),
};

/** A LAN as speakers see it when they are asked, with the controller's part for conflicts and a provider. */
export class ConflictsBed {
  readonly time = new ManualTime();
  readonly cluster = new FakeCluster();
  readonly log = new RecordingLog();
  readonly metrics = new RecordingMetrics();
  readonly config: FakeConfig;
  readonly provider: Provider;
  readonly conflicts: Conflicts;
  readonly changed: string[] = [];
  readonly renewed: string[] = [];
  /** Addresses that were announced once. */
  readonly announcedBefore = new Set<string>();
  /** Who has which address on the LAN. */
  readonly lan = new Map<IpAddress, MacAddress>();
  /** `<node> <addresses>` of every survey. */
  readonly surveys: string[] = [];
  /** What a node announces. */
  readonly claims = new Map<string, Set<IpAddress>>();
  /** Nodes without a session. */
  readonly away = new Set<string>();
  /** Nodes whose speaker is gone. */
  readonly gone = new Set<string>();
  /** Of whose interface the MAC is another now than NODE_MACS says. */
  readonly replaced = new Map<string, MacAddress>();
  /** False: speakers do not answer. */
  answers = true;
  #listener: ObservationListener = () => undefined;

  constructor(pools: readonly Pool[] = [configPool('lan', ['192.0.2.50-192.0.2.59'])]) {
    this.config = new FakeConfig(pools);
    this.config.setL2Advertisements(advertisement('all'));
    for (const name of Object.keys(NODE_MACS)) this.cluster.nodes.set(name, node(name));
    const common = { clock: this.time, timers: this.time, log: this.log, metrics: this.metrics };
    const { services, nodes } = this.cluster;
    this.provider = new Provider(
      { coolDownMs: 0 },
      { ...common, services, nodes, events: this.cluster, config: this.config, announcer: new RecordingAnnouncer() },
    );
    const stop = new AbortController().signal;
    this.provider.start({ needSync: () => undefined, usageChanged: () => this.conflicts.usageChanged() }, stop);
    this.conflicts = new Conflicts(
      { ahead: 4 },
      {
        ...common,
        services,
        nodes,
        events: this.cluster,
        provider: this.provider,
        renew: (address) => this.renewed.push(formatIp(address)),
        wasAnnounced: (address) => this.announcedBefore.has(formatIp(address)),
        configuration: this.#configuration(pools),
        speakers: {
          observe: (listener) => {
            this.#listener = listener;
          },
          alive: () => this.#speakers(),
          probe: (nodeName, request) => this.#probe(nodeName, request),
        },
      },
    );
    this.conflicts.onChange((address) => this.changed.push(formatIp(address)));
    this.conflicts.start(stop);
  }

  observe(nodeName: string, observation: Observation): void {
    this.#listener(nodeName, observation);
  }

  conflict(nodeName: string, address: IpAddress, by: MacAddress, seen: ConflictSign = 'announcement'): void {
    this.observe(nodeName, { kind: 'conflict', address, mac: by, interface: 'eth0', seen });
  }

  over(nodeName: string, address: IpAddress): void {
    this.observe(nodeName, { kind: 'conflict-over', address, interface: 'eth0' });
  }

  /** `<reason>: <message>` of the events since the last call. */
  takeEvents(): string[] {
    return this.cluster.events.splice(0).map(({ name, reason, message }) => `${name} ${reason}: ${message}`);
  }

  quarantined(): string[] {
    return [...this.provider.addresses.quarantined().keys()].map(formatIp);
  }

  #configuration(pools: readonly Pool[]) {
    const meta = { labels: {}, annotations: {}, finalizers: [], resourceVersion: '1', creationTimestamp: '' };
    const assessed = pools.map(({ origin }) => ({
      object: {
        apiVersion: origin.apiVersion,
        kind: origin.kind,
        meta: { ...meta, namespace: origin.namespace, name: origin.name, uid: `uid-of-${origin.name}` },
        spec: {},
        status: {},
      },
      verdict: {
        origin,
        uid: `uid-of-${origin.name}`,
        valid: true,
        reason: 'InForce' as const,
        message: '',
        generation: 1,
      },
    }));
    return {
      assessed: () => assessed,
      current: () => this.config.current(),
      onChange: this.config.onChange.bind(this.config),
    };
  }

  *#speakers(): Generator<Speaker> {
    for (const [nodeName, first] of Object.entries(NODE_MACS)) {
      if (this.gone.has(nodeName)) continue;
      const own = this.replaced.get(nodeName) ?? first;
      const claims = [...(this.claims.get(nodeName) ?? [])].map(
        (address) => [address, { address, epoch: { generation: 1, counter: 1 }, term: 0 }] as const,
      );
      yield {
        nodeName,
        presence: this.away.has(nodeName) ? 'away' : 'connected',
        isSilent: false,
        version: '1',
        interfaces: [{ name: 'eth0', mac: own, up: true }],
        claims: new Map(claims),
        newestEpoch: undefined,
        rejects: new Map(),
      };
    }
  }

  #probe(
    nodeName: string,
    { requestId, addresses }: { readonly requestId: number; readonly addresses: readonly IpAddress[] },
  ): boolean {
    this.surveys.push(`${nodeName} ${addresses.map(formatIp).join()}`);
    if (!this.answers) return true;
    const results = addresses.map((address) => {
      const by = this.lan.get(address);
      return { address, stations: by === undefined ? [] : [{ interface: 'eth0', mac: by }] };
    });
    this.time.start(800, () => this.observe(nodeName, { kind: 'probed', requestId, results }));
    return true;
  }
}
