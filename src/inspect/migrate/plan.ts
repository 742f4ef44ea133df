import { advertisesPool } from '../../core/config/advertises.ts';
import type { Config } from '../../core/config/config.ts';
import { sameValue } from '../../core/config/same-value.ts';
import { compareIp, familyBits, familyOf, formatIp, type IpAddress, parseIp } from '../../core/net/index.ts';
import type { ClusterSnapshot } from '../../ports/cluster-snapshot.ts';
import type { ConfigObject } from '../../ports/informer.ts';
import { keyOf } from '../../ports/kubernetes.ts';
import {
  type Allocation,
  type AllocationRehearsal,
  type RehearsalOptions,
  rehearseAllocation,
} from '../rehearsal/allocation.ts';
import { fromCilium } from './cilium.ts';
import { fromKubeVip, kubeVipNotes } from './kube-vip.ts';
import { fromAddressPools } from './metallb.ts';
import { fromPureLb } from './purelb.ts';
import { annotateCommand, annotated, type PlannedAnnotation, sharingAnnotations } from './sharing.ts';
import type { ForeignObject, Source } from './sources.ts';
import { stepsOf } from './steps.ts';
import { layer2, member, type PlannedObject, pool, type Translation } from './translation.ts';

/** What the cluster has of the load balancer that somebody comes from. */
export interface MigrationInput {
  readonly from: Source;
  readonly snapshot: ClusterSnapshot;
  readonly foreign: readonly ForeignObject[];
  /** The ConfigMap of kube-vip's cloud provider. */
  readonly kubeVip?: Readonly<Record<string, string>>;
  /** What the ConfigMap of a MetalLB before 0.13 says. */
  readonly legacy?: Translation;
  readonly options: RehearsalOptions;
}

export interface MigrationPlan {
  readonly from: Source;
  /** To be applied before HeraldLB is installed. */
  readonly objects: readonly PlannedObject[];
  /** To be written before HeraldLB is installed. */
  readonly annotations: readonly PlannedAnnotation[];
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
const PLANNED_UID = 'planned/';

/** Plans how every Service keeps the address that it has. */
export async function planMigration(input: MigrationInput): Promise<MigrationPlan> {
  const { from, snapshot, options } = input;
  const { objects, notes } = translate(input);
  const first = await shadow(snapshot, objects, options);
  const kept = from === 'servicelb' ? [] : keptObjects(first, snapshot);
  const planned = [...objects, ...kept];
  const housed = kept.length > 0 ? await shadow(snapshot, planned, options) : first;
  const annotations = sharingAnnotations(housed.allocations, (address) => isKeepable(address, housed, snapshot));
  const withKeys = { ...snapshot, services: annotated(snapshot.services, annotations) };
  const decided = annotations.length > 0 ? await shadow(withKeys, planned, options) : housed;
  const [namespace] = input.foreign.map((object) => object.namespace);
  const steps = stepsOf({
    from,
    ...(namespace === undefined ? {} : { namespace }),
    routed: isRouted(input, planned),
    legacy: input.legacy !== undefined,
    planned: planned.length > 0,
  });
  return {
    from,
    objects: planned,
    annotations,
    notes: [
      ...notes,
      ...overwrittenNotes(planned, snapshot),
      ...refusedNotes(decided),
      ...silentNotes(decided),
      ...classNotes(snapshot, options),
    ],
    steps: [...annotations.map(annotateCommand), ...steps],
    services: decided.allocations.map(shadowed),
  };
}

function translate({ from, snapshot, foreign, kubeVip, legacy }: MigrationInput): Translation {
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
      if (foreign.length > 0) return fromAddressPools(foreign, namespace);
      return legacy ?? { objects: [], notes: ['The objects of metallb.io are read where they are, unedited.'] };
    case 'kube-vip':
      return withNotes(fromKubeVip(kubeVip ?? {}, namespace), kubeVipNotes(snapshot.services));
    case 'cilium':
      return fromCilium(foreign, namespace);
    case 'purelb':
      return fromPureLb(foreign, namespace);
    default:
      return from satisfies never;
  }
}

function withNotes({ objects, notes }: Translation, more: readonly string[]): Translation {
  return { objects, notes: [...notes, ...more] };
}

/** Whether routers are told the addresses. */
function isRouted({ snapshot, foreign }: MigrationInput, planned: readonly PlannedObject[]): boolean {
  return [...snapshot.objects, ...foreign, ...planned].some(({ kind }) => /^BGPPeer$|^CiliumBGP/.test(kind));
}

/** A pool of what Services have and no pool has: given to nobody else, and announced. A node's own address belongs in none. */
function keptObjects(
  { config, allocations }: AllocationRehearsal,
  snapshot: ClusterSnapshot,
): readonly PlannedObject[] {
  const ofNodes = nodeAddresses(snapshot);
  const homeless = new Set(
    allocations
      .flatMap(({ before }) => before.flatMap((text) => parseIp(text) ?? []))
      .filter((address) => !ofNodes.has(address) && !isPooled(config, address)),
  );
  if (homeless.size === 0) return [];
  const addresses = [...homeless]
    .toSorted(compareIp)
    .map((address) => `${formatIp(address)}/${familyBits(familyOf(address))}`);
  return [
    pool(snapshot.namespace, KEPT_POOL, { addresses, autoAssign: false }),
    layer2(snapshot.namespace, KEPT_POOL, { ipAddressPools: [KEPT_POOL] }),
  ];
}

/** Whether Services could keep an address that they have. ServiceLB gives all of them the addresses of all nodes. */
function isKeepable(text: string, { config }: AllocationRehearsal, snapshot: ClusterSnapshot): boolean {
  const address = parseIp(text);
  return address !== undefined && isPooled(config, address) && !nodeAddresses(snapshot).has(address);
}

function nodeAddresses({ nodes }: ClusterSnapshot): ReadonlySet<IpAddress> {
  return new Set(nodes.flatMap(({ addresses }) => addresses.flatMap(({ address }) => parseIp(address) ?? [])));
}

function isPooled({ pools }: Config, address: IpAddress): boolean {
  return pools.some(({ ranges }) =>
    ranges.some(
      ({ first, last }) =>
        familyOf(first) === familyOf(address) && compareIp(first, address) <= 0 && compareIp(address, last) <= 0,
    ),
  );
}

function shadow(
  snapshot: ClusterSnapshot,
  planned: readonly PlannedObject[],
  options: RehearsalOptions,
): Promise<AllocationRehearsal> {
  const objects = planned.map(asObject);
  const names = new Set(objects.map(nameOf));
  const others = snapshot.objects.filter((object) => !names.has(nameOf(object)));
  return rehearseAllocation({ ...snapshot, objects: [...others, ...objects] }, options);
}

function nameOf({ apiVersion, kind, meta }: ConfigObject): string {
  return `${apiVersion} ${kind} ${keyOf(meta)}`;
}

function asObject({ apiVersion, kind, metadata, spec }: PlannedObject): ConfigObject {
  const nothing = { uid: `${PLANNED_UID}${kind}/${metadata.name}`, resourceVersion: '', labels: {}, annotations: {} };
  const meta = { ...metadata, ...nothing, finalizers: [], creationTimestamp: '' };
  return { apiVersion, kind, meta, spec, status: {} };
}

function shadowed({ service: { meta }, before, after, refusal }: Allocation): ShadowedService {
  return {
    service: keyOf(meta),
    has: before,
    wouldHave: after,
    verdict: verdictOn(before, after),
    ...(refusal === undefined ? {} : { why: refusal }),
  };
}

function verdictOn(before: readonly string[], after: readonly string[]): ShadowedService['verdict'] {
  if (after.length === 0) return 'refused';
  if (before.length === 0) return 'new';
  return before.every((address) => after.includes(address)) ? 'kept' : 'changed';
}

/** A plan that was applied before overwrites what says the same. */
function overwrittenNotes(planned: readonly PlannedObject[], { objects }: ClusterSnapshot): readonly string[] {
  return planned.flatMap(({ kind, metadata, apiVersion, spec }) => {
    const name = `${apiVersion} ${kind} ${keyOf(metadata)}`;
    const there = objects.find((each) => nameOf(each) === name);
    // The API server added defaults to what is there.
    const saysTheSame = Object.entries(spec).every(([key, value]) => sameValue(member(there?.spec, key), value));
    if (there === undefined || saysTheSame) return [];
    return `${kind} ${metadata.name} is there already and says something else: rename one of them, or it is overwritten`;
  });
}

/** What would not be in force, as the controller would say. */
function refusedNotes({ verdicts }: AllocationRehearsal): readonly string[] {
  return verdicts
    .filter(({ valid, uid }) => !valid && uid.startsWith(PLANNED_UID))
    .map(({ uid, message }) => `${uid.slice(PLANNED_UID.length).replace('/', ' ')} would not be in force: ${message}`);
}

function silentNotes({
  config: { pools, l2Advertisements, bgpAdvertisements },
}: AllocationRehearsal): readonly string[] {
  const advertisements = [...l2Advertisements, ...bgpAdvertisements];
  return pools
    .filter((pool) => !advertisements.some((each) => advertisesPool(each, pool)))
    .map(
      ({ name }) => `Pool ${name} would be announced by nobody: write an L2Advertisement or a BGPAdvertisement for it`,
    );
}

function classNotes({ services }: ClusterSnapshot, { loadBalancerClass }: RehearsalOptions): readonly string[] {
  const others = services.filter(
    ({ spec }) => spec.type === 'LoadBalancer' && spec.loadBalancerClass !== loadBalancerClass,
  );
  return others.map(
    ({ meta, spec }) =>
      `Service ${keyOf(meta)} has loadBalancerClass ${spec.loadBalancerClass ?? '(none)'}, which this plan does not serve (--load-balancer-class); the class of a Service cannot be changed`,
  );
}
