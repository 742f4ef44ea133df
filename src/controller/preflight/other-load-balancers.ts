import { CONTROLLER_SERVICE_NAME } from '../../ports/defaults.ts';
import { type EndpointSlice, keyOf, type Service } from '../../ports/kubernetes.ts';
import type { Workload } from '../../ports/workloads.ts';

/** Somebody else who serves the same Services. */
export interface OtherLoadBalancer {
  readonly product: 'MetalLB' | 'HeraldLB';
  readonly namespace: string;
  /** What that does, and what to do, in one sentence. */
  readonly message: string;
}

/** What of a cluster shows who runs in it. */
export interface Surroundings {
  /** Those of LOAD_BALANCER_NAMES, or more. */
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
}

/** Whose Services we serve, and where we are. */
export interface OurPlace {
  readonly namespace: string;
  readonly loadBalancerClass?: string;
}

/** The class that the chart says a controller serves, on the Service that its speakers dial. */
const CLASS_ANNOTATION = 'heraldlb.io/load-balancer-class';

interface Product {
  readonly product: OtherLoadBalancer['product'];
  /** Of its Deployment and its DaemonSet, as its manifests and its chart call them. */
  readonly names: readonly string[];
  /** Of a Service that is called so in every installation, and has endpoints while its controller runs. */
  readonly service: string;
  readonly isIts: (labels: Readonly<Record<string, string>>) => boolean;
  readonly classFlag: RegExp;
}

const METALLB: Product = {
  product: 'MetalLB',
  names: ['controller', 'speaker', 'metallb-controller', 'metallb-speaker'],
  service: 'metallb-webhook-service',
  isIts: (labels) => labels.app === 'metallb' || labels['app.kubernetes.io/name'] === 'metallb',
  classFlag: /^--lb-class=(.+)$/,
};
const HERALDLB: Product = {
  product: 'HeraldLB',
  names: ['heraldlb-controller', 'heraldlb-speaker'],
  service: CONTROLLER_SERVICE_NAME,
  isIts: (labels) => labels['app.kubernetes.io/name'] === 'heraldlb',
  classFlag: /^--(?:load-balancer-class|lb-class)=(.+)$/,
};
const PRODUCTS = [METALLB, HERALDLB];

/** The names to look for: a role that lists these and no other is enough. */
export const LOAD_BALANCER_NAMES: readonly string[] = PRODUCTS.flatMap(({ names }) => names);

/** Who runs beside us and serves the class of Services that we serve. Two of them answer for the same addresses. */
export function otherLoadBalancers(cluster: Surroundings, ours: OurPlace): readonly OtherLoadBalancer[] {
  return PRODUCTS.flatMap((product) => [
    ...namedAsUsual(product, cluster, ours),
    ...namedOtherwise(product, cluster, ours),
  ]);
}

function namedAsUsual(product: Product, { workloads }: Surroundings, ours: OurPlace): readonly OtherLoadBalancer[] {
  const its = workloadsOf(product, workloads);
  const namespaces = new Set(its.map(({ meta }) => meta.namespace));
  if (product === HERALDLB) namespaces.delete(ours.namespace);
  return [...namespaces].flatMap((namespace) => {
    const there = its.filter(({ meta }) => meta.namespace === namespace);
    const running = there.filter(({ ready }) => ready > 0);
    const loadBalancerClass = classIn(there, product.classFlag);
    if (running.length === 0 || loadBalancerClass !== ours.loadBalancerClass) return [];
    return [{ product: product.product, namespace, message: sentence(product, names(running), remedyFor(running)) }];
  });
}

/** Helm lets people call workloads what they like: then the one Service tells that keeps its name. */
function namedOtherwise(product: Product, cluster: Surroundings, ours: OurPlace): readonly OtherLoadBalancer[] {
  const known = new Set(workloadsOf(product, cluster.workloads).map(({ meta }) => meta.namespace));
  return cluster.services.flatMap(({ meta: { namespace, name, annotations } }) => {
    if (name !== product.service || known.has(namespace)) return [];
    if (product === HERALDLB && namespace === ours.namespace) return [];
    // MetalLB does not tell its class there: who has given us one has most likely thought of it.
    if (annotations[CLASS_ANNOTATION] !== ours.loadBalancerClass) return [];
    const isRunning = cluster.endpointSlices.some(
      (slice) =>
        slice.meta.namespace === namespace &&
        slice.serviceName === name &&
        slice.endpoints.some(({ ready }) => ready !== false),
    );
    if (!isRunning) return [];
    const selector = `app.kubernetes.io/name=${product.product.toLowerCase()}`;
    const remedy = `kubectl -n ${namespace} get deployments,daemonsets -l ${selector}" shows it; "helm list -n ${namespace}`;
    return [
      { product: product.product, namespace, message: sentence(product, `Service ${namespace}/${name}`, remedy) },
    ];
  });
}

/** The class that our own controller is told to serve; undefined: Services without one. */
export function classServedBy({ workloads, services }: Surroundings, namespace: string): string | undefined {
  const ours = workloads.filter(({ meta }) => meta.namespace === namespace && HERALDLB.isIts(meta.labels));
  const service = services.find(({ meta }) => meta.namespace === namespace && meta.name === HERALDLB.service);
  return classIn(ours, HERALDLB.classFlag) ?? service?.meta.annotations[CLASS_ANNOTATION];
}

function workloadsOf({ names: known, isIts }: Product, workloads: readonly Workload[]): readonly Workload[] {
  return workloads.filter(({ meta }) => known.includes(meta.name) && isIts(meta.labels));
}

function classIn(workloads: readonly Workload[], flag: RegExp): string | undefined {
  return workloads.flatMap(({ args }) => args.flatMap((each) => flag.exec(each)?.[1] ?? []))[0];
}

function names(running: readonly Workload[]): string {
  return running.map(({ kind, meta }) => `${kind} ${keyOf(meta)}`).join(' and ');
}

function remedyFor(running: readonly Workload[]): string {
  return running
    .map(({ kind, meta }) =>
      kind === 'DaemonSet'
        ? `kubectl -n ${meta.namespace} delete daemonset ${meta.name}`
        : `kubectl -n ${meta.namespace} scale deployment ${meta.name} --replicas=0`,
    )
    .join('; ');
}

function sentence({ product }: Product, what: string, remedy: string): string {
  const told = product === 'MetalLB' ? 'MetalLB runs too' : 'HeraldLB is installed twice';
  return `${told} (${what}) and serves the same Services: two nodes may answer for one address. Stop it ("${remedy}"), or give one of the two a load balancer class`;
}
