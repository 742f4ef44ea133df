import type { ClusterSnapshot } from '../../ports/cluster-snapshot.ts';
import type { ConfigObject } from '../../ports/informer.ts';
import { type Allocation, type RehearsalOptions, rehearseAllocation } from '../rehearsal/allocation.ts';
import { fromCilium } from './cilium.ts';
import { fromKubeVip } from './kube-vip.ts';
import { fromPureLb } from './purelb.ts';
import type { ForeignObject, Source } from './sources.ts';
import { type PlannedObject, pool, type Translation } from './translation.ts';

/** What the cluster has of the load balancer that somebody comes from. */
export interface MigrationInput {
  readonly from: Source;
  readonly snapshot: ClusterSnapshot;
  readonly foreign: readonly ForeignObject[];
  /** The ConfigMap of kube-vip's cloud provider. */
  readonly kubeVip?: Readonly<Record<string, string>>;
  readonly options: RehearsalOptions;
}

export interface MigrationPlan {
  readonly from: Source;
  /** To be applied before HeraldLB is installed. */
  readonly objects: readonly PlannedObject[];
  /** What somebody has to look at. */
  readonly notes: readonly string[];
  /** What to type, in this order. */
  readonly steps: readonly string[];
  /** What HeraldLB would decide about each Service with these objects, beside what it has: the shadow. */
  readonly services: readonly ShadowedService[];
}

export interface ShadowedService {
  readonly service: string;
  readonly has: readonly string[];
  readonly wouldHave: readonly string[];
  readonly verdict: 'kept' | 'new' | 'changed' | 'refused';
  readonly why?: string;
}

/** Holds what no translated pool has: nobody else is given it. */
const KEPT_POOL = 'kept-addresses';

/** Plans how every Service keeps the address that it has. */
export async function planMigration(input: MigrationInput): Promise<MigrationPlan> {
  const { from, snapshot, options } = input;
  const { objects, notes } = translate(input);
  const first = await shadow(snapshot, objects, options);
  const homeless =
    from === 'servicelb' ? [] : first.flatMap(({ before, after }) => before.filter((ip) => !after.includes(ip)));
  const kept = homeless.length > 0 ? [pool(snapshot.namespace, KEPT_POOL, keptSpec(homeless))] : [];
  const planned = [...objects, ...kept];
  const decided = kept.length > 0 ? await shadow(snapshot, planned, options) : first;
  return {
    from,
    objects: planned,
    notes: [...notes, ...classNotes(snapshot, options)],
    steps: STEPS[from].map((step) => step.replace('SOURCE', from)),
    services: decided.map(shadowed),
  };
}

function translate({ from, snapshot, foreign, kubeVip }: MigrationInput): Translation {
  const { namespace } = snapshot;
  switch (from) {
    case 'servicelb':
      return {
        objects: [],
        notes: [
          'ServiceLB gives out the addresses of nodes, which can belong to no pool: every Service gets a new address. Change DNS and port forwarding of the router with it.',
        ],
      };
    case 'metallb':
      return { objects: [], notes: ['The objects of metallb.io are read where they are, unedited.'] };
    case 'kube-vip':
      return fromKubeVip(kubeVip ?? {}, namespace);
    case 'cilium':
      return fromCilium(foreign, namespace);
    case 'purelb':
      return fromPureLb(foreign, namespace);
    default:
      return from satisfies never;
  }
}

function keptSpec(addresses: readonly string[]): Readonly<Record<string, unknown>> {
  const single = [...new Set(addresses)].toSorted().map((address) => `${address}/${address.includes(':') ? 128 : 32}`);
  return { addresses: single, autoAssign: false };
}

async function shadow(
  snapshot: ClusterSnapshot,
  objects: readonly PlannedObject[],
  options: RehearsalOptions,
): Promise<readonly Allocation[]> {
  const withObjects = { ...snapshot, objects: [...snapshot.objects, ...objects.map(asObject)] };
  return (await rehearseAllocation(withObjects, options)).allocations;
}

function asObject({ apiVersion, kind, metadata, spec }: PlannedObject): ConfigObject {
  const nothing = { uid: `planned/${kind}/${metadata.name}`, resourceVersion: '', labels: {}, annotations: {} };
  const meta = { ...metadata, ...nothing, finalizers: [], creationTimestamp: '' };
  return { apiVersion, kind, meta, spec, status: {} };
}

function shadowed({ service: { meta }, before, after, refusal }: Allocation): ShadowedService {
  const lost = before.filter((address) => !after.includes(address));
  const verdict =
    before.length === 0 && after.length > 0
      ? 'new'
      : lost.length > 0 || after.length === 0
        ? after.length === 0
          ? 'refused'
          : 'changed'
        : 'kept';
  return {
    service: `${meta.namespace}/${meta.name}`,
    has: before,
    wouldHave: after,
    verdict,
    ...(refusal === undefined ? {} : { why: refusal }),
  };
}

function classNotes({ services }: ClusterSnapshot, { loadBalancerClass }: RehearsalOptions): readonly string[] {
  const others = services.filter(
    ({ spec }) => spec.type === 'LoadBalancer' && spec.loadBalancerClass !== loadBalancerClass,
  );
  return others.map(
    ({ meta, spec }) =>
      `Service ${meta.namespace}/${meta.name} has loadBalancerClass ${spec.loadBalancerClass ?? '(none)'}, which this plan does not serve (--load-balancer-class); the class of a Service cannot be changed`,
  );
}

const APPLY =
  'heraldlb migrate --from SOURCE -o yaml | kubectl apply -f -   # the objects above; CRDs first: kubectl apply -k manifests/crds';
const INSTALL = 'kubectl apply -k manifests   # or the Helm chart';
const CHECK = 'heraldlb services --problems';

const STEPS: Readonly<Record<Source, readonly string[]>> = {
  servicelb: [
    'Start every k3s server with "disable: [servicelb]" in /etc/rancher/k3s/config.yaml',
    'heraldlb manifest --k3s --pool RANGE > /var/lib/rancher/k3s/server/manifests/heraldlb.yaml',
    CHECK,
  ],
  metallb: [
    'kubectl apply -k manifests/beside-metallb   # both run: stop MetalLB at once',
    'kubectl -n metallb-system scale deployment/controller --replicas=0',
    'kubectl -n metallb-system patch daemonset/speaker -p \'{"spec":{"template":{"spec":{"nodeSelector":{"heraldlb.io/instead":"true"}}}}}\'',
    CHECK,
    'To go back: the same two commands the other way round, then delete the DaemonSet heraldlb-speaker and the Deployment heraldlb-controller',
  ],
  'kube-vip': [
    APPLY,
    'kubectl -n kube-system delete daemonset kube-vip-ds deployment kube-vip-cloud-provider',
    INSTALL,
    CHECK,
  ],
  cilium: [APPLY, 'Set l2announcements.enabled=false and delete the CiliumLoadBalancerIPPools', INSTALL, CHECK],
  purelb: [APPLY, 'kubectl delete namespace purelb-system', INSTALL, CHECK],
};
