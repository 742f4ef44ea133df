import { loadLibc, type ReadableWatch } from '../../src/adapters/linux/libc.ts';
import { WorkerPacketPlane } from '../../src/adapters/linux/worker-packet-plane.ts';
import { type ArpFrame, decodeArpFrame, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { formatIp, type IpAddress, type Ipv4, type MacAddress } from '../../src/core/net/index.ts';
import type { Grant, ProbeResult } from '../../src/ports/channel.ts';
import type { FrameProtocol } from '../../src/ports/frames.ts';
import type {
  PacketCommand,
  PacketCounters,
  PacketEvent,
  PacketNotice,
  PacketPlane,
} from '../../src/ports/packet-plane.ts';
import { eventually } from './eventually.ts';
import { mac } from './fake-lan.ts';
import { inNamespace, ip, linkOf, throwLater } from './network-namespace.ts';

const libc = loadLibc(throwLater);

/** Network namespaces on one bridge, each with an `eth0`. To be made inside the sandbox of the net tests. */
export class NamespaceLan {
  readonly #hosts: readonly string[];

  /** Host n of the list has the address 10.9.0.n, counted from 1. */
  private constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  static async create(...hosts: readonly string[]): Promise<NamespaceLan> {
    await ip('netns add switch');
    await ip('-n switch link add br0 type bridge stp_state 0');
    await ip('-n switch link set br0 up');
    const lan = new NamespaceLan(hosts);
    for (const [index, host] of hosts.entries()) {
      await ip(`netns add ${host}`);
      await ip(`-n ${host} link set lo up`);
      await lan.plug(host, 'eth0');
      await ip(`-n ${host} address add 10.9.0.${index + 1}/24 dev eth0`);
    }
    return lan;
  }

  /** Gives a host one more interface on the LAN. */
  async plug(host: string, name: string): Promise<void> {
    await ip(`-n switch link add ${host}-${name} type veth peer name ${name} netns ${host}`);
    await ip(`-n switch link set ${host}-${name} master br0 up`);
    await ip(`-n ${host} link set ${name} up`);
  }

  async destroy(): Promise<void> {
    for (const host of [...this.#hosts, 'switch']) await ip(`netns delete ${host}`);
  }
}

/** The packet plane of a node, in its own thread inside the node's namespace, with what it told. */
export class NodePlane {
  readonly #plane: PacketPlane;
  readonly #node: string;
  readonly notices: PacketNotice[] = [];
  readonly failures: string[] = [];
  #counter = 0;
  #announced: ReadonlySet<IpAddress> = new Set();

  private constructor(node: string) {
    this.#node = node;
    this.#plane = new WorkerPacketPlane({
      nodeName: node,
      entry: new URL('../../src/cli/packet-worker.ts', import.meta.url),
    });
  }

  static async start(node: string): Promise<NodePlane> {
    const plane = new NodePlane(node);
    await inNamespace(node, () =>
      plane.#plane.start({
        notice: (notice) => plane.notices.push(notice),
        failed: (error) => plane.failures.push(error.message),
      }),
    );
    // It waits for neighbours until it is told that there are none.
    plane.#plane.command({ kind: 'neighbours', neighbours: [], ownAddresses: [] });
    return plane;
  }

  command(command: PacketCommand): void {
    this.#plane.command(command);
  }

  /** Makes these the addresses that the node announces. */
  announce(...addresses: IpAddress[]): void {
    this.#replace(addresses.map((address) => ({ address, probed: true })));
  }

  /** The same, but nobody knows yet whether they are free. */
  announceUnproven(...addresses: IpAddress[]): void {
    this.#replace(addresses.map((address) => ({ address })));
  }

  /** Asks the LAN who has these addresses. */
  async survey(...addresses: IpAddress[]): Promise<readonly ProbeResult[]> {
    this.#counter += 1;
    const requestId = this.#counter;
    this.#plane.command({ kind: 'probe', requestId, addresses });
    let results: readonly ProbeResult[] | undefined;
    await eventually(() => {
      const notice = this.notices.find((each) => each.kind === 'probed' && each.requestId === requestId);
      if (notice?.kind !== 'probed') throw new Error('not answered yet');
      results = notice.results;
    }, 10_000);
    return results ?? [];
  }

  #replace(grants: readonly Pick<Grant, 'address' | 'probed'>[]): void {
    this.#counter += 1;
    const epoch = { generation: 1, counter: this.#counter };
    const candidates = [this.#node];
    const announced = new Set(grants.map(({ address }) => address));
    const revoked = [...this.#announced].filter((address) => !announced.has(address));
    this.#announced = announced;
    this.#plane.command({ kind: 'change', grants: grants.map((grant) => ({ ...grant, epoch, candidates })), revoked });
  }

  /** Waits until the node claims just these. */
  async claims(...addresses: IpAddress[]): Promise<void> {
    await eventually(() => {
      const claimed = new Set<string>();
      for (const notice of this.notices) {
        if (notice.kind !== 'claims') continue;
        for (const { address } of notice.claimed) claimed.add(formatIp(address));
        for (const address of notice.released) claimed.delete(formatIp(address));
      }
      const wanted = addresses.map(formatIp).sort().join();
      if ([...claimed].sort().join() !== wanted) throw new Error(`claimed: ${[...claimed].join()}; wanted: ${wanted}`);
    });
  }

  get events(): PacketEvent[] {
    return this.notices.flatMap((notice) => (notice.kind === 'event' ? [notice.event] : []));
  }

  /** The names of the interfaces that it told last. */
  get interfaces(): string[] {
    const told = this.notices.findLast((notice) => notice.kind === 'interfaces');
    return told?.kind === 'interfaces' ? told.interfaces.map(({ name, up }) => `${name} ${up ? 'up' : 'down'}`) : [];
  }

  /** The sum of a count over all that was told. */
  counted(pick: (counters: PacketCounters) => number | undefined): number {
    return this.notices.reduce(
      (sum, notice) => sum + (notice.kind === 'counters' ? (pick(notice.counters) ?? 0) : 0),
      0,
    );
  }

  async stop(): Promise<void> {
    await this.#plane.stop();
  }
}

/** A raw ARP socket on a host of the LAN, that hears everything and says what it is told. */
export class Station {
  readonly #fd: number;
  readonly #watch: ReadableWatch;
  /** What it heard, oldest first. */
  readonly heard: ArpFrame[] = [];
  /** The Ethernet frames of the same, whole. */
  readonly heardOctets: Uint8Array[] = [];
  readonly mac: MacAddress;

  private constructor(fd: number, address: MacAddress) {
    this.#fd = fd;
    this.mac = address;
    const buffer = new Uint8Array(2048);
    this.#watch = libc.whenReadable(fd, () => {
      for (;;) {
        const length = libc.recvfrom(fd, buffer, buffer.length, 0, null, null);
        if (length < 0) return;
        this.heardOctets.push(buffer.slice(0, length));
        this.heard.push(decodeArpFrame(buffer.slice(0, length)));
      }
    });
  }

  static async open(host: string): Promise<Station> {
    const { fd, mac: address } = await openRawSocket(host, { flags: SOCK_NONBLOCK, protocol: 'arp' });
    return new Station(fd, address);
  }

  send(octets: Uint8Array): void {
    if (libc.send(this.#fd, octets, octets.length, 0) < 0) throw new Error(`send: error ${libc.errno()}`);
  }

  /** Sends, and does not care whether there is room for it. */
  offer(octets: Uint8Array): void {
    libc.send(this.#fd, octets, octets.length, 0);
  }

  request(address: Ipv4, fields: Partial<ArpFrame> = {}): Uint8Array {
    return encodeArpFrame({
      destination: mac('ff:ff:ff:ff:ff:ff'),
      source: this.mac,
      op: 1,
      sha: this.mac,
      spa: 0 as Ipv4,
      tha: mac('00:00:00:00:00:00'),
      tpa: address,
      ...fields,
    });
  }

  /** Asks until somebody answers. */
  async ask(address: Ipv4, octets = this.request(address)): Promise<ArpFrame> {
    const before = this.heard.length;
    const answer = (): ArpFrame | undefined =>
      this.heard.slice(before).find(({ op, spa, tha }) => op === 2 && spa === address && tha === this.mac);
    await eventually(() => {
      if (answer() === undefined) this.send(octets);
      if (answer() === undefined) throw new Error(`nobody answers for ${formatIp(address)}`);
    });
    const found = answer();
    if (found === undefined) throw new Error('it answered just now');
    return found;
  }

  /**
   * Whether nobody answers. The same socket then asks for something that is answered for sure: whatever was to be answered
   * before has been by then.
   */
  async isSilent(octets: Uint8Array, sure: Ipv4): Promise<boolean> {
    const before = this.heard.length;
    for (let count = 0; count < 3; count += 1) this.send(octets);
    await this.ask(sure);
    return this.heard.slice(before).every(({ op, spa }) => op !== 2 || spa === sure);
  }

  close(): void {
    this.#watch.close();
    libc.close(this.#fd);
  }
}

/** A raw socket for ARP or NDP on which this thread waits, to measure how long an answer takes. */
export class BlockingStation {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(2048);
  readonly mac: MacAddress;

  private constructor(fd: number, address: MacAddress) {
    this.#fd = fd;
    this.mac = address;
  }

  static async open(host: string, protocol: FrameProtocol = 'arp'): Promise<BlockingStation> {
    const { fd, mac: address } = await openRawSocket(host, { flags: 0, protocol });
    const oneSecond = new Uint8Array(16);
    oneSecond[0] = 1;
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, oneSecond, oneSecond.length);
    return new BlockingStation(fd, address);
  }

  /** Sends, and waits for a frame that answers. False when none came within a second of silence. */
  exchange(request: Uint8Array, isAnswer: (octets: Uint8Array) => boolean): boolean {
    libc.send(this.#fd, request, request.length, 0);
    for (;;) {
      const length = libc.recvfrom(this.#fd, this.#buffer, this.#buffer.length, 0, null, null);
      if (length < 0) return false;
      if (isAnswer(this.#buffer.subarray(0, length))) return true;
    }
  }

  close(): void {
    libc.close(this.#fd);
  }
}

const SOCK_NONBLOCK = 0x800;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

const ETHER_TYPES: Readonly<Record<FrameProtocol, number>> = { arp: 0x0806, ndp: 0x86dd };

async function openRawSocket(
  host: string,
  { flags, protocol }: { readonly flags: number; readonly protocol: FrameProtocol },
): Promise<{ readonly fd: number; readonly mac: MacAddress }> {
  const link = await linkOf(host, 'eth0');
  const fd = inNamespace(host, () => libc.socket(17, 3 | 0x8_0000 | flags, 0));
  // A thousand claims come within a moment.
  const room = new Uint8Array(4);
  new DataView(room.buffer).setInt32(0, RECEIVE_BUFFER_BYTES, true);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, room.length);
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, 17, true);
  view.setUint16(2, ETHER_TYPES[protocol]);
  view.setInt32(4, link.index, true);
  if (libc.bind(fd, address, address.length) !== 0) throw new Error(`bind: error ${libc.errno()}`);
  return { fd, mac: mac(link.mac) };
}

/** What the kernel of a host believes: the MAC of an address on an interface. */
export async function neighbour(
  host: string,
  address: IpAddress,
): Promise<{ mac?: string; state: string } | undefined> {
  const entries = JSON.parse(await ip(`-n ${host} -json neigh show ${formatIp(address)}`)) as readonly {
    lladdr?: string;
    state: readonly string[];
  }[];
  const [entry] = entries;
  if (entry === undefined) return undefined;
  return { ...(entry.lladdr === undefined ? {} : { mac: entry.lladdr }), state: entry.state.join() };
}
