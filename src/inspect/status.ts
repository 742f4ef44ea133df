import { ESTABLISHED, VALID } from '../controller/configuration/desired-status.ts';
import { classServedBy, otherLoadBalancers } from '../controller/preflight/other-load-balancers.ts';
import { describeOrigin } from '../core/config/source.ts';
import { formatIp } from '../core/net/index.ts';
import type { ClusterSnapshot, Pod } from '../ports/cluster-snapshot.ts';
import { keyOf } from '../ports/kubernetes.ts';
import { conditionOf, conditionsIn } from './conditions.ts';
import { assembledAlone, type GivenConfiguration, NOTHING_GIVEN } from './given-configuration.ts';
import { sessionsOf } from './peer-sessions.ts';
import { poolViews } from './pools.ts';
import { type ServiceView, serviceViews } from './services.ts';
import { formatTable } from './table.ts';

/** The health of an installation, on one screen. */
export interface StatusView {
  readonly controller: { readonly ready: number; readonly wanted: number; readonly leader?: string };
  readonly speakers: { readonly ready: number; readonly nodes: number };
  readonly services: { readonly total: number; readonly withAddress: number; readonly withProblem: number };
  readonly pools: readonly { readonly name: string; readonly used: number; readonly free: number }[];
  /** BGP sessions, of all peers on all nodes. */
  readonly sessions: { readonly established: number; readonly total: number };
  /** Peers that no object tells of, and so nothing of their sessions: those of a ConfigMap of MetalLB before 0.13. */
  readonly legacyPeers: readonly LegacyPeer[];
  /** What somebody has to look at, worst first. */
  readonly problems: readonly Problem[];
  /** What could not be looked at. */
  readonly unreadable: readonly string[];
}

export interface LegacyPeer {
  /** `ConfigMap heraldlb-system/heraldlb-config (peers[0])`. */
  readonly peer: string;
  readonly address: string;
}

export interface Problem {
  /** `Pod heraldlb-system/heraldlb-speaker-x7k2p`. */
  readonly object: string;
  readonly message: string;
}

/** @see Kubernetes documentation, Pod Security Admission */
const POD_SECURITY = 'pod-security.kubernetes.io/enforce';

export function statusView(snapshot: ClusterSnapshot, given: GivenConfiguration = NOTHING_GIVEN): StatusView {
  const { config, verdicts } = assembledAlone(given);
  const controllers = componentPods(snapshot, 'controller');
  const speakers = componentPods(snapshot, 'speaker');
  const services = serviceViews(snapshot);
  const sessions = snapshot.objects.map(sessionsOf);
  return {
    controller: {
      ready: ready(controllers),
      wanted: controllers.length,
      ...(snapshot.leader === undefined ? {} : { leader: snapshot.leader }),
    },
    speakers: { ready: ready(speakers), nodes: snapshot.nodes.length },
    services: {
      total: services.length,
      withAddress: services.filter(({ addresses }) => addresses.length > 0).length,
      withProblem: services.filter(({ problem }) => problem !== undefined).length,
    },
    pools: poolViews(snapshot, given).map(({ name, assigned, available }) => ({
      name,
      used: assigned.ipv4 + assigned.ipv6,
      free: available.ipv4 + available.ipv6,
    })),
    sessions: {
      established: sessions.reduce((sum, { established }) => sum + established, 0),
      total: sessions.reduce((sum, { wanted }) => sum + wanted, 0),
    },
    legacyPeers: config.bgpPeers.map((peer) => ({
      peer: describeOrigin(peer.origin),
      address: peer.endpoint.kind === 'address' ? formatIp(peer.endpoint.address) : peer.endpoint.name,
    })),
    unreadable: [...snapshot.unreadable, ...given.unknown],
    problems: [
      ...(snapshot.unreadable.length > 0 ? [] : componentProblems(snapshot, controllers, speakers)),
      ...installationProblems(snapshot, services, config.pools.length > 0 || given.unknown.length > 0),
      ...objectProblems(snapshot),
      ...verdicts.flatMap(({ valid, origin, message }) => (valid ? [] : [{ object: describeOrigin(origin), message }])),
      ...services.flatMap(({ namespace, name, problem }) =>
        problem === undefined ? [] : [{ object: `Service ${namespace}/${name}`, message: problem }],
      ),
    ],
  };
}

/** The same for a terminal. */
export function formatStatus({
  controller,
  speakers,
  services,
  pools,
  sessions,
  legacyPeers,
  problems,
  unreadable,
}: StatusView): string {
  const lines = [
    `Controller   ${controller.ready} of ${controller.wanted} ready, leader ${controller.leader ?? 'none'}`,
    `Speakers     ready on ${speakers.ready} of ${speakers.nodes} nodes`,
    `Services     ${services.withAddress} of ${services.total} have an address, ${services.withProblem} have a problem`,
    ...pools.map(({ name, used, free }) => `Pool         ${name}: ${used} used, ${free} free`),
    ...(sessions.total === 0 ? [] : [`BGP          ${sessions.established} of ${sessions.total} sessions established`]),
    ...legacyPeers.map(
      ({ peer, address }) =>
        `BGP          ${address} (${peer}): no object tells of its sessions; metric heraldlb_bgp_session_up does`,
    ),
    ...unreadable.map((why) => `Not seen     ${why}`),
  ];
  const summary = `${lines.join('\n')}\n\n`;
  if (problems.length === 0) return `${summary}No problems.\n`;
  const table = formatTable<Problem>(
    [
      { title: 'PROBLEM WITH', text: ({ object }) => object },
      { title: 'WHAT', text: ({ message }) => message },
    ],
    problems,
  );
  return summary + table;
}

function componentPods({ pods }: ClusterSnapshot, component: string): readonly Pod[] {
  return pods.filter(({ meta }) => meta.labels['app.kubernetes.io/component'] === component);
}

function ready(pods: readonly Pod[]): number {
  return pods.filter((pod) => pod.ready).length;
}

function componentProblems(
  snapshot: ClusterSnapshot,
  controllers: readonly Pod[],
  speakers: readonly Pod[],
): readonly Problem[] {
  const { namespace, leader, nodes } = snapshot;
  const covered = new Set(speakers.map(({ nodeName }) => nodeName));
  const without = nodes.map(({ meta }) => meta.name).filter((name) => !covered.has(name));
  return [
    ...(controllers.length === 0
      ? [
          {
            object: `Namespace ${namespace}`,
            message:
              'no Pod of the controller: is HeraldLB installed here? If not, give its namespace with --installed-in',
          },
        ]
      : []),
    ...(leader === undefined ? [{ object: 'Lease', message: 'no controller leads: nothing new gets an address' }] : []),
    ...[...controllers, ...speakers]
      .filter((pod) => !pod.ready)
      .map(({ meta, trouble = 'not ready' }) => ({
        object: `Pod ${keyOf(meta)}`,
        message: `${trouble}: see "kubectl -n ${meta.namespace} logs ${meta.name}"`,
      })),
    ...without.map((name) => ({ object: `Node ${name}`, message: 'no speaker runs here: it announces nothing' })),
  ];
}

/** What is wrong with the place where HeraldLB was put, or beside what. */
function installationProblems(
  snapshot: ClusterSnapshot,
  services: readonly ServiceView[],
  poolsElsewhere: boolean,
): readonly Problem[] {
  const enforced = snapshot.namespaces.find(({ meta }) => meta.name === snapshot.namespace)?.meta.labels[POD_SECURITY];
  return [
    ...otherProblems(snapshot),
    ...(enforced === 'baseline' || enforced === 'restricted'
      ? [
          {
            object: `Namespace ${snapshot.namespace}`,
            message: `enforces the Pod Security level "${enforced}", which refuses the speakers (host network): kubectl label namespace ${snapshot.namespace} --overwrite ${POD_SECURITY}=privileged`,
          },
        ]
      : []),
    ...(snapshot.objects.some(({ kind }) => kind === 'IPAddressPool') ||
    services.some(({ addresses, pool }) => addresses.length > 0 && pool !== undefined) ||
    poolsElsewhere
      ? []
      : [
          {
            object: 'IPAddressPool',
            message:
              'there is none, so no Service gets an address: create one ("kubectl get crd ipaddresspools.metallb.io" says whether it can be), or start the controller with --pool',
          },
        ]),
  ];
}

/** Our own class is in the arguments of our own controller. */
function otherProblems(snapshot: ClusterSnapshot): readonly Problem[] {
  const { namespace } = snapshot;
  const loadBalancerClass = classServedBy(snapshot, namespace);
  const ours = { namespace, ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }) };
  return otherLoadBalancers(snapshot, ours).map((other) => ({
    object: `${other.product} in ${other.namespace}`,
    message: other.message,
  }));
}

/** What the conditions of configuration objects say, in their words. */
function objectProblems({ objects }: ClusterSnapshot): readonly Problem[] {
  return objects.flatMap(({ kind, meta, status }) =>
    [VALID, ESTABLISHED].flatMap((type) => {
      const condition = conditionOf(conditionsIn(status), type);
      if (condition?.status !== 'False') return [];
      return [{ object: `${kind} ${keyOf(meta)}`, message: condition.message }];
    }),
  );
}
