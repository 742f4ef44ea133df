import type { Source } from './sources.ts';

/** What the steps depend on. */
export interface Circumstances {
  readonly from: Source;
  /** Where the other load balancer is, when that is known. */
  readonly namespace?: string;
  /** Addresses are announced by BGP. */
  readonly routed: boolean;
  /** MetalLB is older than its objects. */
  readonly legacy: boolean;
  /** There are objects to apply. */
  readonly planned: boolean;
}

/** What to type, in this order. HeraldLB comes before the other goes, so that somebody answers at any time. */
export function stepsOf(circumstances: Circumstances): readonly string[] {
  const apply = circumstances.planned ? applying(circumstances.from) : [];
  switch (circumstances.from) {
    case 'servicelb':
      return [
        'heraldlb manifest --k3s --pool RANGE > /var/lib/rancher/k3s/server/manifests/heraldlb.yaml   # the two write the same Services now: go on at once',
        'Start every k3s server, one after the other, with "disable: [servicelb]" in /etc/rancher/k3s/config.yaml',
        CHECK,
      ];
    case 'metallb':
      return fromMetalLb(circumstances, apply);
    case 'kube-vip':
      return [
        ...apply,
        INSTALL,
        BOTH,
        'kubectl -n kube-system delete deployment kube-vip-cloud-provider',
        'kubectl -n kube-system set env daemonset/kube-vip-ds svc_enable=false   # it may serve the control plane: do not delete it then; for static Pods the same in /etc/kubernetes/manifests/kube-vip.yaml',
        'On the nodes: ip address delete ADDRESS/32 dev INTERFACE   # what kube-vip left there; kubectl describe service names the node',
        CHECK,
      ];
    case 'cilium':
      return [
        ...apply,
        INSTALL,
        BOTH,
        `helm upgrade cilium cilium/cilium -n kube-system --reuse-values --set enableLBIPAM=false --set ${circumstances.routed ? 'bgpControlPlane' : 'l2announcements'}.enabled=false`,
        'kubectl -n kube-system rollout restart deployment/cilium-operator daemonset/cilium',
        CHECK,
        'Delete the CiliumLoadBalancerIPPools last: while LB-IPAM runs, that takes the addresses from Services',
      ];
    case 'purelb':
      return [
        ...apply,
        INSTALL,
        BOTH,
        `kubectl -n ${circumstances.namespace ?? 'purelb-system'} delete deployment/allocator daemonset/lbnodeagent   # keep its ServiceGroups: they are the way back`,
        CHECK,
      ];
    default:
      return circumstances.from satisfies never;
  }
}

const INSTALL = 'kubectl apply -k manifests   # or the Helm chart; both run now';
const BOTH = 'heraldlb services   # until each address has an owner';
/** `manifests` has it; `beside-metallb` leaves out what is for the namespace of MetalLB. */
const PASSWORDS =
  'kubectl apply -f manifests/metallb/bgp-passwords.yaml   # so that the passwords of routers can be read';
const CHECK = 'heraldlb services --problems';

/** The namespace and the kinds of the objects come before them. */
function applying(from: Source): readonly string[] {
  return [
    'kubectl apply -k manifests/namespace',
    'kubectl apply -k manifests/crds/heraldlb.io',
    'kubectl wait --for=condition=Established crd --all --timeout=60s',
    `heraldlb migrate --from ${from} -o yaml | kubectl apply -f -   # the objects above`,
  ];
}

function fromMetalLb({ routed, legacy }: Circumstances, apply: readonly string[]): readonly string[] {
  return [
    ...apply,
    legacy ? INSTALL : 'kubectl apply -k manifests/beside-metallb   # both run now',
    ...(routed && !legacy ? [PASSWORDS] : []),
    BOTH,
    'kubectl -n metallb-system scale deployment/controller --replicas=0',
    ...(legacy ? [] : ['kubectl delete validatingwebhookconfiguration metallb-webhook-configuration']),
    ...(routed
      ? [
          'kubectl -n metallb-system delete daemonset/speaker --cascade=orphan',
          'For one node after the other: kubectl -n metallb-system delete pod -l component=speaker --field-selector spec.nodeName=NODE   # with frr-k8s its DaemonSet and Pods in the same way',
          'Before the next node: heraldlb status   # until its session stands: a router holds one session with each node',
        ]
      : [`kubectl -n metallb-system patch daemonset/speaker -p '${INSTEAD}'`]),
    CHECK,
    `To go back: start MetalLB, wait for its speakers, then kubectl -n heraldlb-system delete daemonset/heraldlb-speaker deployment/heraldlb-controller; heraldlb release${routed ? '; with BGP node by node, as there' : ''}`,
  ];
}

/** No node has the label: no Pod is left, and everything is there to go back. */
const INSTEAD = '{"spec":{"template":{"spec":{"nodeSelector":{"heraldlb.io/instead":"true"}}}}}';
