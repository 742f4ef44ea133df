import type { Workload } from '../../ports/workloads.ts';

/** Somebody else who serves the same Services. */
export interface OtherLoadBalancer {
  readonly product: 'MetalLB' | 'HeraldLB';
  readonly namespace: string;
  /** What that does, and what to do, in one sentence. */
  readonly message: string;
}

interface Product {
  readonly product: OtherLoadBalancer['product'];
  /** Of its Deployment and its DaemonSet, as its manifests and its chart call them. */
  readonly names: readonly string[];
  readonly isIts: (labels: Readonly<Record<string, string>>) => boolean;
  readonly classFlag: RegExp;
}

const METALLB: Product = {
  product: 'MetalLB',
  names: ['controller', 'speaker', 'metallb-controller', 'metallb-speaker'],
  isIts: (labels) => labels.app === 'metallb' || labels['app.kubernetes.io/name'] === 'metallb',
  classFlag: /^--lb-class=(.+)$/,
};
const HERALDLB: Product = {
  product: 'HeraldLB',
  names: ['heraldlb-controller', 'heraldlb-speaker'],
  isIts: (labels) => labels['app.kubernetes.io/name'] === 'heraldlb',
  classFlag: /^--(?:load-balancer-class|lb-class)=(.+)$/,
};
const PRODUCTS = [METALLB, HERALDLB];

/** The names to look for: a role that lists these and no other is enough. */
export const LOAD_BALANCER_NAMES: readonly string[] = PRODUCTS.flatMap(({ names }) => names);

/** Who runs beside us and serves the class of Services that we serve. Two of them answer for the same addresses. */
export function otherLoadBalancers(
  workloads: readonly Workload[],
  ours: { readonly namespace: string; readonly loadBalancerClass?: string },
): readonly OtherLoadBalancer[] {
  return PRODUCTS.flatMap(({ product, names, isIts, classFlag }) => {
    const its = workloads.filter(({ meta }) => names.includes(meta.name) && isIts(meta.labels));
    const namespaces = new Set(its.map(({ meta }) => meta.namespace));
    if (product === 'HeraldLB') namespaces.delete(ours.namespace);
    return [...namespaces].flatMap((namespace) => {
      const there = its.filter(({ meta }) => meta.namespace === namespace);
      const running = there.filter(({ ready }) => ready > 0);
      const loadBalancerClass = classIn(there, classFlag);
      if (running.length === 0 || loadBalancerClass !== ours.loadBalancerClass) return [];
      return [{ product, namespace, message: sentence(product, running) }];
    });
  });
}

/** The class that our own controller is told to serve; undefined: Services without one. */
export function classServedBy(workloads: readonly Workload[], namespace: string): string | undefined {
  const ours = workloads.filter(({ meta }) => meta.namespace === namespace && HERALDLB.isIts(meta.labels));
  return classIn(ours, HERALDLB.classFlag);
}

function classIn(workloads: readonly Workload[], flag: RegExp): string | undefined {
  return workloads.flatMap(({ args }) => args.flatMap((each) => flag.exec(each)?.[1] ?? []))[0];
}

function sentence(product: Product['product'], running: readonly Workload[]): string {
  const names = running.map(({ kind, meta }) => `${kind} ${meta.namespace}/${meta.name}`).join(' and ');
  const remedy = running.map(({ kind, meta }) =>
    kind === 'DaemonSet'
      ? `kubectl -n ${meta.namespace} delete daemonset ${meta.name}`
      : `kubectl -n ${meta.namespace} scale deployment ${meta.name} --replicas=0`,
  );
  const what = product === 'MetalLB' ? 'MetalLB runs too' : 'HeraldLB is installed twice';
  return `${what} (${names}) and serves the same Services: two nodes may answer for one address. Stop it ("${remedy.join('; ')}"), or give one of the two a load balancer class`;
}
