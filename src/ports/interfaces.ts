import type { IpAddress, MacAddress, Prefix } from '../core/net/index.ts';

/** An interface of this network namespace as the kernel describes it now. @see rtnetlink(7), RTM_NEWLINK */
export interface NetworkInterface {
  readonly index: number;
  readonly name: string;
  /** Absent where the link has no 48-bit address. */
  readonly mac?: MacAddress;
  /** ARPHRD_ETHER: frames on it have Ethernet headers. */
  readonly ethernet: boolean;
  /** A Wi-Fi card: some of them let in ARP requests for addresses of the kernel only. */
  readonly wireless: boolean;
  readonly loopback: boolean;
  /** IFF_NOARP: its addresses are not to be resolved by ARP or NDP. */
  readonly noArp: boolean;
  /** IFF_UP: switched on by the administrator. */
  readonly up: boolean;
  /** IFF_RUNNING: it also has a carrier. */
  readonly running: boolean;
  /** Index of the bond, bridge or team that it is a member of. */
  readonly master?: number;
  /** Addresses that the kernel holds on it. */
  readonly addresses: readonly IpAddress[];
  /** What these addresses say is on the link: no router is between. */
  readonly subnets: readonly Prefix[];
  /** Next hops of the main routing tables that are reached through it. BOUNDED: by the adapter, 16 of each family. */
  readonly gateways: readonly IpAddress[];
}

/** How the kernel answers ARP on an interface: the stricter of its own and the `all` setting. @see ip-sysctl, arp_ignore */
export interface ArpSettings {
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
}

export interface InterfaceWatchListener {
  /** Every interface of now. Called once soon after the start, then after each change. */
  changed(interfaces: readonly NetworkInterface[]): void;
  /** The path behind an interface moved without the interface itself changing: a bond failed over, a guest migrated. */
  moved(interfaceIndex: number): void;
  /** The watch ended and will tell nothing more. */
  failed(error: Error): void;
}

export interface InterfaceWatch {
  /** Call once. @throws Error when the kernel refuses to be asked */
  start(listener: InterfaceWatchListener): void;
  /** Undefined when the interface is gone or the kernel does not tell. */
  arpSettings(interfaceName: string): ArpSettings | undefined;
  stop(): void;
}
