import type { ServiceAnnouncement } from '../../../src/controller/announcer/service-announcement.ts';
import { BgpAnnouncer, type BgpAnnouncerOptions } from '../../../src/controller/bgp/bgp-announcer.ts';
import { BgpSessions } from '../../../src/controller/bgp/bgp-sessions.ts';
import { PeerPasswords } from '../../../src/controller/bgp/peer-passwords.ts';
import { PeerStatuses } from '../../../src/controller/bgp/peer-statuses.ts';
import { SessionBook } from '../../../src/controller/bgp/session-book.ts';
import type { EndpointSlice, Node } from '../../../src/ports/kubernetes.ts';
import type { Secret } from '../../../src/ports/stores.ts';
import { ip, nodeOf, sliceOf } from '../channel/announcer-bed.ts';
import { FakeInformer } from '../fake-informer.ts';
import { ManualTime } from '../manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../recording-telemetry.ts';
import { SettableConfig } from '../settable-config.ts';
import { ModelBgpSpeaker } from './model-bgp-speaker.ts';

export interface ServiceFields extends Partial<Omit<ServiceAnnouncement, 'addresses'>> {
  readonly pool?: string;
}

/** A cluster whose speakers hold BGP sessions by model, and the controller that tells them; in virtual time. */
export class BgpBed {
  readonly time = new ManualTime();
  readonly config = new SettableConfig();
  readonly nodes = new FakeInformer<Node>();
  readonly slices = new FakeInformer<EndpointSlice>();
  readonly log = new RecordingLog();
  readonly metrics = new RecordingMetrics();
  /** Caches of the Secrets that are watched now, by `namespace/name`. */
  readonly secrets = new Map<string, FakeInformer<Secret>>();
  readonly speakers = new Map<string, ModelBgpSpeaker>();
  readonly book = new SessionBook();
  readonly passwords: PeerPasswords;
  readonly announcer: BgpAnnouncer;
  readonly sessions: BgpSessions;
  readonly statuses: PeerStatuses;
  /** Keys of Services whose announcement may be another, as they were told. */
  readonly changed: string[] = [];
  readonly #leading = new AbortController();
  #secretsSynced = true;

  constructor(options: Partial<BgpAnnouncerOptions> = {}) {
    const { time: timers, config, nodes, slices: endpointSlices, log, metrics, book } = this;
    const secrets = {
      watch: ({ namespace, name }: { readonly namespace: string; readonly name: string }, signal: AbortSignal) => {
        const informer = new FakeInformer<Secret>([], { synced: this.#secretsSynced });
        this.secrets.set(`${namespace}/${name}`, informer);
        signal.addEventListener('abort', () => this.secrets.delete(`${namespace}/${name}`));
        return informer;
      },
    };
    this.passwords = new PeerPasswords({ patienceMs: 5_000 }, { secrets, timers });
    this.announcer = new BgpAnnouncer(options, {
      config,
      nodes,
      endpointSlices,
      passwords: this.passwords,
      sessions: book,
      timers,
      log,
      metrics,
    });
    this.sessions = new BgpSessions({}, { directives: this.announcer.directives, book, timers, metrics });
    this.announcer.listen(this.sessions);
    const { announcer, passwords } = this;
    this.statuses = new PeerStatuses({ config, announcer, passwords, book, timers, metrics });
    this.announcer.listen(this.statuses);
    this.statuses.start(this.#leading.signal);
    this.announcer.onChange((key) => this.changed.push(key));
  }

  /** Secrets are not read until the test says so. */
  withholdSecrets(): void {
    this.#secretsSynced = false;
  }

  /** Nodes with a speaker each, and the controller that leads. */
  async start(...nodeNames: string[]): Promise<void> {
    for (const name of nodeNames) this.addNode(name);
    await this.begin();
  }

  async begin(): Promise<void> {
    await this.announcer.start(this.#leading.signal);
    this.announcer.declared();
    await this.settle();
  }

  addNode(name: string, fields: Parameters<typeof nodeOf>[1] = {}): ModelBgpSpeaker {
    this.node(name, fields);
    const speaker = new ModelBgpSpeaker(name, this.sessions);
    this.speakers.set(name, speaker);
    speaker.dial();
    return speaker;
  }

  node(name: string, fields: Parameters<typeof nodeOf>[1] = {}): void {
    this.nodes.set(name, nodeOf(name, fields));
  }

  speaker(name: string): ModelBgpSpeaker {
    const speaker = this.speakers.get(name);
    if (speaker === undefined) throw new Error(`no node ${name}`);
    return speaker;
  }

  service(name: string, addresses: readonly string[], { pool = 'pool', ...fields }: ServiceFields = {}): void {
    this.announcer.set(`default/${name}`, {
      namespace: 'default',
      name,
      labels: {},
      externalTrafficPolicy: 'Cluster',
      addresses: addresses.map((address) => ({ address: ip(address), poolName: pool, poolLabels: {} })),
      ...fields,
    });
  }

  endpoints(service: string, ...nodeNames: string[]): void {
    const endpoints = nodeNames.map((nodeName) => ({ nodeName, ready: true }));
    this.slices.set(`default/${service}-1`, sliceOf(service, endpoints));
  }

  /** A Service with an endpoint somewhere. */
  serve(name: string, address: string, fields: ServiceFields = {}): void {
    this.endpoints(name, 'somewhere');
    this.service(name, [address], fields);
  }

  secret(key: string, fields: Partial<Pick<Secret, 'type'>> & { readonly password?: string | Uint8Array } = {}): void {
    const [namespace = '', name = ''] = key.split('/');
    const { password = 'hunter2', type = 'kubernetes.io/basic-auth' } = fields;
    const octets = typeof password === 'string' ? new TextEncoder().encode(password) : password;
    const meta = { namespace, name, uid: key, resourceVersion: '1', labels: {}, annotations: {}, finalizers: [] };
    this.secrets.get(key)?.set(key, { meta: { ...meta, creationTimestamp: '' }, type, data: { password: octets } });
  }

  async settle(): Promise<void> {
    await this.time.advance(0);
  }

  stop(): void {
    this.#leading.abort();
    this.sessions.stop();
  }
}
