import type { LoadBalancerIngress, Service, ServicePort } from '../../ports/kubernetes.ts';

/** Values of annotations; undefined: not there. */
export type Annotations = Readonly<Record<string, string | undefined>>;

/** Which Services are ours, and which finalizer keeps them until their addresses are released. */
export interface Ownership {
  /** Absent: Services without a class. */
  readonly loadBalancerClass?: string;
  readonly finalizer: string;
  /** Finalizers that former load balancers left behind; we take over what they guard. */
  readonly leftoverFinalizers: readonly string[];
}

/** Upstream's own finalizer. @see k8s.io/cloud-provider/service/helpers LoadBalancerCleanupFinalizer */
export const DEFAULT_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
/** Of a class we keep a finalizer of our own: every default service controller of the cluster strips the other one. */
export const CLASS_FINALIZER = 'heraldlb.io/load-balancer-cleanup';
/** Of k3s ServiceLB before it used upstream's. Nothing takes it off once ServiceLB is disabled. */
const K3S_FINALIZER = 'svccontroller.k3s.cattle.io/daemonset';

/** @see the `--load-balancer-class` flag */
export function ownershipOf(loadBalancerClass: string | undefined): Ownership {
  return loadBalancerClass === undefined
    ? { finalizer: DEFAULT_FINALIZER, leftoverFinalizers: [K3S_FINALIZER] }
    : { loadBalancerClass, finalizer: CLASS_FINALIZER, leftoverFinalizers: [] };
}

/** Whether we are to serve it. @see k8s.io/cloud-provider controllers/service wantsLoadBalancer */
export function wantsLoadBalancer({ spec }: Service, ownership: Ownership): boolean {
  return spec.type === 'LoadBalancer' && spec.loadBalancerClass === ownership.loadBalancerClass;
}

export function hasOurFinalizer({ meta }: Service, ownership: Ownership): boolean {
  return meta.finalizers.includes(ownership.finalizer);
}

/** The finalizers on it that we answer for. */
export function heldFinalizers({ meta }: Service, ownership: Ownership): readonly string[] {
  return meta.finalizers.filter((each) => each === ownership.finalizer || ownership.leftoverFinalizers.includes(each));
}

/** Whether it is to be released because it is deleted or of another type. @see upstream needsCleanup */
export function needsCleanup(service: Service, ownership: Ownership): boolean {
  if (heldFinalizers(service, ownership).length === 0) return false;
  return service.meta.deletionTimestamp !== undefined || service.spec.type !== 'LoadBalancer';
}

/**
 * Whether a change concerns the load balancer. Status and labels are not looked at, nor are annotations that say what
 * `written` says: those we wrote ourselves.
 *
 * Upstream looks at the number of families only. We give addresses by family, so their order, the policy and the cluster
 * addresses, which show what the Service has a use for, count too. So does the selector with externalTrafficPolicy Local,
 * where only Services of the same pods may share an address. @see upstream needsUpdate
 */
export function needsUpdate(before: Service, after: Service, ownership: Ownership, written: Annotations = {}): boolean {
  const wanted = wantsLoadBalancer(before, ownership);
  const wants = wantsLoadBalancer(after, ownership);
  if (!wanted && !wants) return false;
  if (wanted !== wants || before.meta.uid !== after.meta.uid) return true;
  return (
    annotationsChanged(before, after, written) ||
    selectorMatters(before, after) ||
    !equalPorts(before.spec.ports, after.spec.ports) ||
    COMPARED_FIELDS.some((field) => !equal(before.spec[field], after.spec[field]))
  );
}

function selectorMatters({ spec: before }: Service, { spec: after }: Service): boolean {
  return after.externalTrafficPolicy === 'Local' && !equal(before.selector, after.selector);
}

function annotationsChanged({ meta: before }: Service, { meta: after }: Service, written: Annotations): boolean {
  const keys = new Set([...Object.keys(before.annotations), ...Object.keys(after.annotations)]);
  return [...keys].some((key) => {
    const value = after.annotations[key];
    return value !== before.annotations[key] && !(Object.hasOwn(written, key) && value === written[key]);
  });
}

const COMPARED_FIELDS = [
  'loadBalancerSourceRanges',
  'sessionAffinity',
  'sessionAffinityConfig',
  'loadBalancerIP',
  'externalIPs',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'ipFamilyPolicy',
  'ipFamilies',
  'clusterIPs',
] as const satisfies readonly (keyof Service['spec'])[];

/** Labels select pools and advertisements: ours to look at, though upstream does not. */
export function labelsChanged(before: Service, after: Service): boolean {
  return !equal(before.meta.labels, after.meta.labels);
}

/**
 * Whether a Service shows what it is to show. kube-vip lists the ports of the Service with each address, and takes the address
 * down when somebody takes the list away: a list that says no more than the Service itself is left alone.
 */
export function showsIngress({ spec, status }: Service, wanted: readonly LoadBalancerIngress[]): boolean {
  const shown = status.ingress.map(({ ports, ...entry }) =>
    ports === undefined || isPlainList(ports, spec.ports) ? entry : { ...entry, ports },
  );
  return sameIngress(shown, wanted);
}

function isPlainList(shown: NonNullable<LoadBalancerIngress['ports']>, ports: readonly ServicePort[]): boolean {
  return (
    shown.length === ports.length &&
    shown.every(
      ({ port, protocol, error }, place) =>
        port === ports[place]?.port && protocol === ports[place].protocol && error === undefined,
    )
  );
}

/** Whether two statuses say the same. @see k8s.io/cloud-provider/service/helpers LoadBalancerStatusEqual */
export function sameIngress(a: readonly LoadBalancerIngress[], b: readonly LoadBalancerIngress[]): boolean {
  return (
    a.length === b.length &&
    a.every((left, index) => {
      const right = b[index];
      return (
        left.ip === right?.ip &&
        left.hostname === right?.hostname &&
        left.ipMode === right?.ipMode &&
        equal(left.ports ?? [], right?.ports ?? [])
      );
    })
  );
}

function equalPorts(a: readonly ServicePort[], b: readonly ServicePort[]): boolean {
  return a.length === b.length && a.every((port, index) => equal(port, b[index]));
}

/** Deep equality of JSON; absent and undefined are the same, absent and empty are not. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && equal(value, right.get(key)));
}
