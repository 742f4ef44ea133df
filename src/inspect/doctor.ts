import { isInnerInterface } from '../core/net/index.ts';
import { NEIGHBOUR_PORT, SPEAKER_SERVICE_PORT } from '../ports/defaults.ts';
import type { LiveState } from './live/live-state.ts';
import { type Column, formatTable } from './table.ts';

/** What a speaker finds on its node, from `/proc/sys/net` and `/sys/class/net`. */
export interface NodeReport {
  readonly node: string;
  readonly interfaces: readonly InterfaceFacts[];
  /** `net.ipv4.ip_forward`. */
  readonly forwards: boolean;
  /** Whether the controller's port is within reach of the node; absent from a speaker that is older than this program. */
  readonly controller?: ControllerReach;
}

export interface ControllerReach {
  /** `host:port` */
  readonly target: string;
  /** Why it is not, as the system calls it: `ECONNREFUSED`, `ETIMEDOUT`, `ENOTFOUND` … */
  readonly failure?: string;
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
  /** It hands up what is for others too. */
  readonly promiscuous: boolean;
}

export interface Finding {
  readonly node: string;
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly hint: string;
}

/** The interface on which kube-proxy in IPVS mode puts every Service's addresses. */
const IPVS_INTERFACE = 'kube-ipvs0';
/** The loopback and tunnels that carry no Ethernet, or whose device comes with the module: speakers see that by more than the name. */
const NO_LAN = /^(lo$|ifb|gre|erspan|sit|ip6|ip_vti|wg)/;

/** What to do where the controller cannot be reached, by how that failed; anything else: its words. */
const REACH_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens: does a controller lead ("heraldlb status"), and is kube-proxy alive on the node?',
  ETIMEDOUT: 'packets are dropped on the way: open this port from the nodes to the Pods of the controller',
  ENOTFOUND: 'the name is unknown: is the Service of the controller there, and does DNS answer on the host network?',
  EAI_AGAIN: 'DNS does not answer on the host network of the node: look at /etc/resolv.conf and the Pods of CoreDNS',
  EHOSTUNREACH: 'no route leads there, or a firewall says so: look at "ip route get" on the node',
  ENETUNREACH: 'no route leads there: look at "ip route get" on the node',
};

/** What is wrong on a node, and what to do. */
export function diagnose({ node, interfaces, forwards, controller }: NodeReport): readonly Finding[] {
  const find = (severity: Finding['severity'], what: string, hint: string): Finding => ({ node, severity, what, hint });
  const outer = interfaces.filter(isOuter);
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
    ...outer
      .filter(({ wireless, up, promiscuous }) => wireless && up && !promiscuous)
      .map(({ name }) =>
        find(
          'warning',
          `${name} is wireless and not promiscuous`,
          `requests that an access point sends to everybody may not come through; the speaker asks for it while it announces there: ip link set ${name} promisc on`,
        ),
      ),
    ...(controller?.failure === undefined
      ? []
      : [
          find(
            'error',
            `the controller is out of reach at ${controller.target}: ${controller.failure}`,
            REACH_HINTS[controller.failure] ?? 'look at the log of its speaker',
          ),
        ]),
  ];
}

/** Whether the LAN may be behind an interface. */
function isOuter({ name, enslaved }: InterfaceFacts): boolean {
  return !isInnerInterface(name) && !NO_LAN.test(name) && !enslaved;
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
            hint: `look at its Pod and its log; it dials the controller on TCP ${SPEAKER_SERVICE_PORT}`,
          },
        ]),
    ...Object.entries(heardBy)
      .filter(([, state]) => state === 'never-heard')
      .map(([witness]) => ({
        node: name,
        severity: 'warning' as const,
        what: `${witness} never heard it`,
        hint: `UDP ${NEIGHBOUR_PORT} between nodes is blocked by a firewall: open it, or failover takes seconds`,
      })),
  ]);
}

/** What the doctor saw, and what of it is wrong. */
export interface Examination {
  /** Of the nodes whose speaker could be asked. */
  readonly nodes: readonly NodeReport[];
  readonly findings: readonly Finding[];
}

const FINDING_COLUMNS: readonly Column<Finding>[] = [
  { title: 'NODE', text: ({ node }) => node },
  { title: 'SEVERITY', text: ({ severity }) => severity },
  { title: 'WHAT', text: ({ what }) => what },
  { title: 'WHAT TO DO', text: ({ hint }) => hint },
];

type InterfaceRow = InterfaceFacts & Pick<NodeReport, 'node'>;

const INTERFACE_COLUMNS: readonly Column<InterfaceRow>[] = [
  { title: 'NODE', text: ({ node }) => node },
  { title: 'INTERFACE', text: ({ name }) => name },
  { title: 'LINK', text: ({ up, wireless }) => `${up ? 'up' : 'down'}${wireless ? ', wireless' : ''}` },
  { title: 'ARP_IGNORE', text: ({ arpIgnore }) => String(arpIgnore) },
  { title: 'ARP_ANNOUNCE', text: ({ arpAnnounce }) => String(arpAnnounce) },
  { title: 'PROXY_ARP', text: ({ proxyArp }) => (proxyArp ? 'on' : 'off') },
  { title: 'PROMISCUOUS', text: ({ promiscuous }) => (promiscuous ? 'yes' : 'no') },
];

/** For a terminal: the interfaces that may lead to the LAN, and the findings. */
export function formatExamination({ nodes, findings }: Examination): string {
  const rows = nodes.flatMap(({ node, interfaces }) => interfaces.filter(isOuter).map((facts) => ({ ...facts, node })));
  const seen = rows.length === 0 ? '' : `${formatTable(INTERFACE_COLUMNS, rows)}\n`;
  if (findings.length === 0) return `${seen}Looked at ${nodes.length} nodes, and found nothing wrong.\n`;
  return seen + formatTable(FINDING_COLUMNS, findings);
}
