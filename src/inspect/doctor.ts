import type { LiveState } from './live/live-state.ts';
import { type Column, formatTable } from './table.ts';

/** What a speaker finds on its node, from `/proc/sys/net` and `/sys/class/net`. */
export interface NodeReport {
  readonly node: string;
  readonly interfaces: readonly InterfaceFacts[];
  /** `net.ipv4.ip_forward`. */
  readonly forwards: boolean;
}

export interface InterfaceFacts {
  readonly name: string;
  readonly up: boolean;
  /** A port of a bridge, bond or team. */
  readonly enslaved: boolean;
  readonly wireless: boolean;
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
  readonly proxyArp: boolean;
}

export interface Finding {
  readonly node: string;
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly hint: string;
}

/** The interface on which kube-proxy in IPVS mode puts every Service's addresses. */
const IPVS_INTERFACE = 'kube-ipvs0';
/** Made for Pods and tunnels: nobody of the LAN is behind them. */
const INNER = /^(lo|veth|cali|cilium|lxc|flannel|cni|docker|kube-|vxlan|weave|antrea|ovn-|podman|virbr|tun|tap)/;

/** What is wrong on a node, and what to do. */
export function diagnose({ node, interfaces, forwards }: NodeReport): readonly Finding[] {
  const find = (severity: Finding['severity'], what: string, hint: string): Finding => ({ node, severity, what, hint });
  const outer = interfaces.filter(({ name, enslaved }) => !INNER.test(name) && !enslaved);
  const usesIpvs = interfaces.some(({ name }) => name === IPVS_INTERFACE);
  const lax = outer.filter(({ arpIgnore, arpAnnounce }) => arpIgnore < 1 || arpAnnounce < 2).map(({ name }) => name);
  return [
    ...(outer.some(({ up }) => up)
      ? []
      : [find('error', 'no interface to the LAN is up', 'look at "ip link" on the node')]),
    ...(forwards
      ? []
      : [find('error', 'net.ipv4.ip_forward is 0', 'packets for Pods of other nodes are dropped: set it to 1')]),
    ...(usesIpvs && lax.length > 0
      ? [
          find(
            'error',
            `kube-proxy is in IPVS mode, and the kernel answers ARP for every Service on ${lax.join(', ')}`,
            'set "strictARP: true" in the configuration of kube-proxy, and restart it',
          ),
        ]
      : []),
    ...outer
      .filter(({ proxyArp }) => proxyArp)
      .map(({ name }) =>
        find(
          'warning',
          `proxy_arp is on for ${name}`,
          `the kernel may answer for addresses of others: net.ipv4.conf.${name}.proxy_arp=0`,
        ),
      ),
    ...outer
      .filter(({ wireless, up }) => wireless && up)
      .map(({ name }) =>
        find(
          'warning',
          `${name} is wireless`,
          'many access points drop gratuitous ARP: name a wired interface in the L2Advertisement',
        ),
      ),
  ];
}

/** What the leader sees of speakers that cannot reach each other or it. */
export function diagnoseReachability({ nodes }: Pick<LiveState, 'nodes'>): readonly Finding[] {
  return nodes.flatMap(({ name, speaker, heardBy }) => [
    ...(speaker === 'connected'
      ? []
      : [
          {
            node: name,
            severity: 'error' as const,
            what: `its speaker is ${speaker}`,
            hint: 'look at its Pod and its log; it dials the controller on TCP 7950',
          },
        ]),
    ...Object.entries(heardBy)
      .filter(([, state]) => state === 'never-heard')
      .map(([witness]) => ({
        node: name,
        severity: 'warning' as const,
        what: `${witness} never heard it`,
        hint: 'UDP 7953 between nodes is blocked by a firewall: open it, or failover takes seconds',
      })),
  ]);
}

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'NODE', text: ({ node }) => node },
  { title: 'SEVERITY', text: ({ severity }) => severity },
  { title: 'WHAT', text: ({ what }) => what },
  { title: 'WHAT TO DO', text: ({ hint }) => hint },
];

export function formatFindings(findings: readonly Finding[], nodes: number): string {
  if (findings.length === 0) return `Looked at ${nodes} nodes, and found nothing wrong.\n`;
  return formatTable(COLUMNS, findings);
}
