import type { ServiceAnnouncement, ServiceAnnouncer } from '../../src/controller/announcer/service-announcement.ts';
import { UnsatisfiableError } from '../../src/controller/cloud-provider/load-balancer.ts';
import type { SettlingConfig } from '../../src/controller/configuration/config-source.ts';
import { Provider } from '../../src/controller/provider/provider.ts';
import type { Config, Pool } from '../../src/core/config/config.ts';
import { EMPTY_CONFIG } from '../../src/core/config/config.ts';
import type { Service } from '../../src/ports/kubernetes.ts';
import { range } from './ipam-pools.ts';
import { FakeCluster } from './kube/fake-cluster.ts';
import { ManualTime } from './manual-time.ts';
import { RecordingLog } from './recording-telemetry.ts';

/** A pool of the configuration, for everybody, changed by `rest`. */
export function configPool(name: string, ranges: readonly string[], rest: Partial<Pool> = {}): Pool {
  return {
    name,
    origin: { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', namespace: 'metallb-system', name },
    labels: {},
    ranges: ranges.map(range),
    autoAssign: true,
    avoidBuggyIps: false,
    ...rest,
  };
}

/** Services and pools that a test changes by hand. */
export class FakeConfig implements SettlingConfig {
  readonly #listeners = new Set<(config: Config, previous: Config) => void>();
  #config: Config;

  constructor(pools: readonly Pool[] = []) {
    this.#config = { ...EMPTY_CONFIG, pools };
  }

  current(): Config {
    return this.#config;
  }

  /** What a test makes of it. */
  settling: Promise<void> = Promise.resolve();

  settled(): Promise<void> {
    return this.settling;
  }

  onChange(listener: (config: Config, previous: Config) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setPools(...pools: readonly Pool[]): void {
    this.#set({ pools });
  }

  setL2Advertisements(...l2Advertisements: Config['l2Advertisements']): void {
    this.#set({ l2Advertisements });
  }

  #set(changed: Partial<Config>): void {
    const previous = this.#config;
    this.#config = { ...previous, ...changed };
    for (const listener of [...this.#listeners]) listener(this.#config, previous);
  }
}

/** What is declared to be announced. */
export class RecordingAnnouncer implements ServiceAnnouncer {
  readonly announcements = new Map<string, ServiceAnnouncement>();
  isDeclared = false;

  set(serviceKey: string, announcement: ServiceAnnouncement): void {
    this.announcements.set(serviceKey, announcement);
  }

  delete(serviceKey: string): void {
    this.announcements.delete(serviceKey);
  }

  declared(): void {
    this.isDeclared = true;
  }
}

/** How an ensure ended. */
export interface Ensured {
  readonly addresses: readonly string[];
  /** Reason and message when the Service waits. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  readonly pools: string | undefined;
}

/** A provider among fakes, whose verbs the test calls as the service controller does. */
export class ProviderBed {
  readonly cluster = new FakeCluster();
  readonly time = new ManualTime();
  readonly config: FakeConfig;
  readonly announcer = new RecordingAnnouncer();
  readonly log = new RecordingLog();
  readonly provider: Provider;
  /** The Services that the provider wants to be looked at, since the last `takeNeeded`. */
  #needed: string[] = [];
  usageChanges = 0;

  constructor(pools: readonly Pool[], { coolDownMs = 0 }: { readonly coolDownMs?: number } = {}) {
    this.config = new FakeConfig(pools);
    const { cluster, time, config, announcer, log } = this;
    this.provider = new Provider(
      { coolDownMs },
      {
        ...cluster,
        services: cluster.services,
        nodes: cluster.nodes,
        events: cluster,
        config,
        announcer,
        log,
        clock: time,
        timers: time,
      },
    );
    this.provider.start(
      {
        needSync: (keys) => void this.#needed.push(...keys),
        usageChanged: () => {
          this.usageChanges += 1;
        },
      },
      new AbortController().signal,
    );
  }

  takeNeeded(): string[] {
    return this.#needed.splice(0);
  }

  /** Ensures the Service as it is stored, or as it is given, and writes its status. */
  async serve(given: Service): Promise<Ensured> {
    const ensured = await this.ensure(this.cluster.put(given));
    this.writeStatus(given.meta.name, ensured.addresses);
    return ensured;
  }

  /** Ensures the Service without writing its status. */
  async ensure(object: Service): Promise<Ensured> {
    const resultOf = (status: {
      ingress: readonly { ip?: string }[];
      annotations?: Readonly<Record<string, string | undefined>>;
    }) => ({
      addresses: status.ingress.flatMap(({ ip }) => ip ?? []),
      pools: status.annotations?.['heraldlb.io/ip-allocated-from-pool'],
    });
    try {
      return resultOf(await this.provider.ensureLoadBalancer('cluster', object));
    } catch (error) {
      if (!(error instanceof UnsatisfiableError)) throw error;
      return { ...resultOf(error.status), waiting: { reason: error.reason, message: error.message } };
    }
  }

  writeStatus(name: string, addresses: readonly string[]): void {
    this.cluster.edit(name, (object) => ({
      ...object,
      status: { ...object.status, ingress: addresses.map((ip) => ({ ip, ipMode: 'VIP' })) },
    }));
  }

  async delete(name: string): Promise<void> {
    const stored = this.cluster.stored(name);
    this.cluster.remove(name);
    if (stored !== undefined) await this.provider.ensureLoadBalancerDeleted('cluster', stored);
  }

  events(reason: string): string[] {
    return this.cluster.events.filter((event) => event.reason === reason).map((event) => event.message);
  }
}
