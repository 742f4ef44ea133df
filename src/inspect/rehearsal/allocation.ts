import type { ServiceAnnouncement, ServiceAnnouncer } from '../../controller/announcer/service-announcement.ts';
import { UnsatisfiableError } from '../../controller/cloud-provider/load-balancer.ts';
import { Provider } from '../../controller/provider/provider.ts';
import { type Assembly, assemble } from '../../core/config/assemble.ts';
import type { Config } from '../../core/config/config.ts';
import type { Verdict } from '../../core/config/verdict.ts';
import type { ClusterSnapshot } from '../../ports/cluster-snapshot.ts';
import { keyOf, type Service } from '../../ports/kubernetes.ts';
import { type GivenConfiguration, NOTHING_GIVEN } from '../given-configuration.ts';
import { RehearsalTime } from './rehearsal-time.ts';
import { SILENT_EVENTS, SILENT_LOG } from './silence.ts';
import { StillInformer } from './still-informer.ts';

export interface RehearsalOptions {
  /** Namespaces whose configuration objects count; `*` for all. */
  readonly configNamespaces: readonly string[];
  /** Which Services are served; absent: those without a class. */
  readonly loadBalancerClass?: string;
  /** Nodes with the exclude label announce too; false by default. */
  readonly ignoreExcludeLabel?: boolean;
  /** What flags of the controller bring; absent: nothing. */
  readonly given?: GivenConfiguration;
}

/** What a controller that starts now would decide about one Service. */
export interface Allocation {
  readonly service: Service;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Why it has not what it asks for. */
  readonly refusal?: string;
}

export interface AllocationRehearsal {
  readonly config: Config;
  /** Of the configuration objects. */
  readonly verdicts: readonly Verdict[];
  readonly allocations: readonly Allocation[];
  /** What would be announced, by `namespace/name`. */
  readonly announcements: ReadonlyMap<string, ServiceAnnouncement>;
}

/**
 * Has the controller's own provider decide about every Service of a snapshot, and writes nothing: what is shown is what
 * would happen, by the code that would do it.
 */
export async function rehearseAllocation(
  snapshot: ClusterSnapshot,
  options: RehearsalOptions,
): Promise<AllocationRehearsal> {
  const { config, verdicts } = configurationOf(snapshot, options);
  const services = snapshot.services.filter((service) => isServed(service, options));
  const announcements = new Map<string, ServiceAnnouncement>();
  const time = new RehearsalTime();
  const provider = new Provider(
    { coolDownMs: 0 },
    {
      config: { current: () => config, onChange: () => () => {}, settled: () => Promise.resolve() },
      services: new StillInformer(snapshot.services, ({ meta }) => keyOf(meta)),
      nodes: new StillInformer(snapshot.nodes, ({ meta }) => meta.name),
      announcer: recording(announcements),
      events: SILENT_EVENTS,
      log: SILENT_LOG,
      clock: time,
      timers: time,
    },
  );
  const end = new AbortController();
  provider.start({ needSync: () => {}, usageChanged: () => {} }, end.signal);
  provider.claimExisting(services);
  const allocations: Allocation[] = [];
  for (const service of services) allocations.push(await allocationOf(provider, service));
  end.abort();
  return { config, verdicts, allocations, announcements };
}

/** The configuration that the objects of a snapshot make, with what the controller is told by flags. */
function configurationOf(
  { objects, namespaces }: ClusterSnapshot,
  { configNamespaces, given: { fixed, entries } = NOTHING_GIVEN }: RehearsalOptions,
): Assembly {
  return assemble({
    objects: objects.filter(({ kind }) => !kind.endsWith('Status')),
    fixed,
    entries,
    namespaces: namespaces.map(({ meta }) => ({ name: meta.name, labels: meta.labels })),
    reads: (namespace) => configNamespaces.includes('*') || configNamespaces.includes(namespace),
  });
}

async function allocationOf(provider: Provider, service: Service): Promise<Allocation> {
  const before = addressesOf(service.status.ingress);
  try {
    const { ingress } = await provider.ensureLoadBalancer('', service);
    return { service, before, after: addressesOf(ingress) };
  } catch (error) {
    if (!(error instanceof UnsatisfiableError)) throw error;
    return { service, before, after: addressesOf(error.status.ingress), refusal: error.message };
  }
}

function isServed({ meta, spec }: Service, { loadBalancerClass }: RehearsalOptions): boolean {
  return (
    spec.type === 'LoadBalancer' && spec.loadBalancerClass === loadBalancerClass && meta.deletionTimestamp === undefined
  );
}

function addressesOf(ingress: Service['status']['ingress']): readonly string[] {
  return ingress.flatMap(({ ip }) => ip ?? []);
}

function recording(announcements: Map<string, ServiceAnnouncement>): ServiceAnnouncer {
  return {
    set: (serviceKey, announcement) => void announcements.set(serviceKey, announcement),
    delete: (serviceKey) => void announcements.delete(serviceKey),
    declared: () => {},
  };
}
