import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { issueServerCertificate, makeAuthority } from '../../src/adapters/grpc/certificates.ts';
import { ServerIdentity } from '../../src/adapters/grpc/server-identity.ts';
import { GrpcSpeakerServer } from '../../src/adapters/grpc/speaker-server.ts';
import { systemTime } from '../../src/cli/system-time.ts';
import { formatIp, formatMac, type IpAddress, type Ipv4, parseIp } from '../../src/core/net/index.ts';
import { controllerServerName, DEFAULT_NAMESPACE } from '../../src/ports/defaults.ts';
import { FakeVerifier, validNow } from './channel/tls-rig.ts';
import { eventually } from './eventually.ts';
import { GrantingController } from './granting-controller.ts';
import { NamespaceLan, type Station } from './namespace-lan.ts';
import { ip, linkOf } from './network-namespace.ts';
import { RecordingLog, RecordingMetrics } from './recording-telemetry.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
/** This process's own interface on the LAN, as which it plays the controller. */
const HERE = '10.9.255.254';
const HERE_LINK = 'controller0';
export const CLIENT = 'client';

/** How to start a speaker program. */
export type SpeakerCommand = readonly string[];
export const SOURCES: SpeakerCommand = [process.execPath, PROGRAM, 'speaker'];

/** A node of a SpeakerLan: its speaker is the real program, in a process of its own. */
export class SpeakerNode {
  readonly name: string;
  readonly mac: string;
  readonly #command: SpeakerCommand;
  #child: ChildProcess | undefined;
  /** What its speakers logged, oldest first. BOUNDED: by the length of a test. */
  readonly lines: Readonly<Record<string, unknown>>[] = [];

  constructor(name: string, mac: string, command: SpeakerCommand) {
    this.name = name;
    this.mac = mac;
    this.#command = command;
  }

  start(): void {
    const [program = '', ...args] = ['ip', 'netns', 'exec', this.name, ...this.#command];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        this.lines.push(line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { event: line });
      });
    }
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`no speaker runs on ${this.name}`);
    return pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal, and waits for the end if it is one that ends. @returns status or signal of the end */
  async signal(signal: NodeJS.Signals): Promise<unknown> {
    const child = this.#child;
    if (child === undefined || !this.running) return undefined;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
      child.kill(signal);
      return undefined;
    }
    const ended = once(child, 'exit');
    child.kill(signal);
    const [status, by] = (await ended) as [number | null, string | null];
    return status ?? by;
  }

  /** Every process ends and the carrier goes at one instant; what is kept in memory is gone. */
  async cutPower(): Promise<void> {
    const cut = ip(`-n switch link set ${this.name}-eth0 down`);
    this.#child?.kill('SIGKILL');
    await cut;
    await rm(stateOf(this.name), { recursive: true, force: true });
  }

  async restorePower(): Promise<void> {
    await ip(`-n switch link set ${this.name}-eth0 up`);
    this.start();
  }

  /** How it began or ceased to hold an address, oldest first: `claim neighbour-down`. */
  changes(address: IpAddress): string[] {
    const changes = this.lines.filter(({ event }) => event === 'ownership-changed');
    const about = changes.filter(({ addresses }) => Array.isArray(addresses) && addresses.includes(formatIp(address)));
    return about.map(({ holding, reason }) => `${String(holding)} ${String(reason)}`);
  }
}

/** The folder of a node's local state, as `--state-dir` makes it. */
function stateOf(node: string): string {
  return join('/run/heraldlb', node);
}

interface Parts {
  readonly nodes: readonly SpeakerNode[];
  readonly folder: string;
  readonly server: GrpcSpeakerServer;
}

/**
 * A LAN of namespaces with real speakers, a client, and a controller that the test plays. To be made in the sandbox of the net
 * tests; `await using` removes it.
 */
export class SpeakerLan implements AsyncDisposable {
  readonly controller: GrantingController;
  readonly nodes: readonly SpeakerNode[];
  readonly #lan: NamespaceLan;
  readonly #stopping = new AbortController();
  readonly #server: GrpcSpeakerServer;
  #leading = new AbortController();
  readonly #folder: string;

  private constructor(lan: NamespaceLan, { nodes, folder, server }: Parts) {
    this.#lan = lan;
    this.#server = server;
    this.nodes = nodes;
    this.#folder = folder;
    this.controller = new GrantingController(
      nodes.map(({ name }, index) => ({ nodeName: name, addresses: [addressOf(index)] })),
    );
  }

  /** @param command how speakers are started; by default from the sources */
  static async create(count: number, command: SpeakerCommand = SOURCES): Promise<SpeakerLan> {
    const names = Array.from({ length: count }, (_, index) => `node${index + 1}`);
    const lan = await NamespaceLan.create(...names, CLIENT);
    await ip(`link add ${HERE_LINK} type veth peer name ${HERE_LINK} netns switch`);
    await ip(`-n switch link set ${HERE_LINK} master br0 up`);
    await ip(`address add ${HERE}/16 dev ${HERE_LINK}`);
    await ip(`link set ${HERE_LINK} up`);
    for (const name of [...names, CLIENT]) await widen(name, names.indexOf(name) + 1 || names.length + 1);
    const folder = await mkdtemp(join(tmpdir(), 'heraldlb-speakers-'));
    const authority = makeAuthority('Test CA', validNow());
    await writeFile(join(folder, 'ca.crt'), authority.certificate);
    const identity = new ServerIdentity();
    const serverName = controllerServerName(DEFAULT_NAMESPACE);
    identity.use(issueServerCertificate(authority, serverName, validNow()));
    const server = new GrpcSpeakerServer(
      { host: HERE },
      {
        identity,
        verifier: new FakeVerifier(),
        timers: systemTime,
        log: new RecordingLog(),
        metrics: new RecordingMetrics(),
      },
    );
    const stopping = new AbortController();
    const port = await server.listen(stopping.signal);
    const nodes: SpeakerNode[] = [];
    for (const name of names) {
      await writeFile(join(folder, `token-${name}`), `token-of-${name}`);
      const files = ['--token-file', join(folder, `token-${name}`), '--ca-file', join(folder, 'ca.crt')];
      const metrics = command.includes('--metrics-port') ? [] : ['--metrics-port', '0'];
      const flags = ['--node-name', name, '--controller', `${HERE}:${port}`, ...metrics];
      nodes.push(new SpeakerNode(name, (await linkOf(name, 'eth0')).mac, [...command, ...flags, ...files]));
    }
    const made = new SpeakerLan(lan, { nodes, folder, server });
    made.#stopping.signal.addEventListener('abort', () => stopping.abort());
    made.regainController();
    return made;
  }

  /** Nobody leads any more, as when controller and API server are gone: sessions end, and none begins. */
  loseController(): void {
    this.#leading.abort();
  }

  regainController(): void {
    this.#leading = new AbortController();
    this.#server.serve(this.controller, this.#leading.signal);
  }

  node(name: string): SpeakerNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  }

  /** With whose MAC an address is answered now. */
  async answererOf(address: Ipv4, station: Station): Promise<string> {
    const mac = formatMac((await station.ask(address)).sha);
    return this.nodes.find((node) => node.mac === mac)?.name ?? mac;
  }

  /** Whole again: every link up, every speaker running and in session. */
  async repair(): Promise<void> {
    await this.heal();
    for (const node of this.nodes) {
      await this.undeafen(node.name).catch(() => '');
      await ip(`-n switch link set ${node.name}-eth0 up`);
      await node.signal('SIGCONT');
      if (node.running) continue;
      this.controller.drop(node.name);
      node.start();
    }
    await eventually(() => {
      if (!this.controller.whole) throw new Error(`not whole: ${JSON.stringify([...this.controller.neighbourhoods])}`);
    }, 30_000);
  }

  /** Splits the LAN: these hosts hear each other, and all others hear each other. Links stay up. */
  async partition(...hosts: readonly string[]): Promise<void> {
    await ip('-n switch link add br1 type bridge stp_state 0').catch(() => '');
    await ip('-n switch link set br1 up');
    for (const host of hosts) await ip(`-n switch link set ${host}-eth0 master br1`);
  }

  /** These hosts hear all others, but not each other. */
  async isolate(...hosts: readonly string[]): Promise<void> {
    for (const host of hosts) await ip(`-n switch link set ${host}-eth0 type bridge_slave isolated on`);
  }

  async heal(): Promise<void> {
    for (const host of [...this.nodes.map(({ name }) => name), CLIENT]) {
      await ip(`-n switch link set ${host}-eth0 master br0`);
      await ip(`-n switch link set ${host}-eth0 type bridge_slave isolated off`);
    }
  }

  /** A host does not hear this share of what another sends. @param percent 1 to 100 */
  async deafen(host: string, to: SpeakerNode, percent: number): Promise<void> {
    const rules = [
      'add table netdev loss',
      'add chain netdev loss ingress { type filter hook ingress device eth0 priority 0; }',
      `add rule netdev loss ingress ether saddr ${to.mac} ${percent < 100 ? `numgen random mod 100 < ${percent}` : ''} drop`,
    ];
    for (const rule of rules) await run('ip', ['netns', 'exec', host, 'nft', rule]);
  }

  async undeafen(host: string): Promise<void> {
    await run('ip', ['netns', 'exec', host, 'nft', 'delete table netdev loss']);
  }

  /** The switch forgets behind which port each host is. */
  async forget(): Promise<void> {
    await run('ip', ['netns', 'exec', 'switch', 'bridge', 'fdb', 'flush', 'dev', 'br0', 'dynamic']).catch(async () => {
      // An older iproute2: ageing does it.
      await ip('-n switch link set br0 type bridge ageing_time 0');
      await ip('-n switch link set br0 type bridge ageing_time 30000');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.controller.stop();
    this.#leading.abort();
    this.#stopping.abort();
    await Promise.all(this.nodes.map((node) => node.signal('SIGKILL')));
    await ip(`link delete ${HERE_LINK}`).catch(() => '');
    await this.#lan.destroy();
    await rm(this.#folder, { recursive: true, force: true });
    await rm('/run/heraldlb', { recursive: true, force: true });
  }
}

/** Room for a thousand addresses on the link. */
async function widen(host: string, number: number): Promise<void> {
  await ip(`-n ${host} address flush dev eth0`);
  await ip(`-n ${host} address add 10.9.0.${number}/16 dev eth0`);
}

function addressOf(index: number): NonNullable<ReturnType<typeof parseIp>> {
  const address = parseIp(`10.9.0.${index + 1}`);
  if (address === undefined) throw new Error('too many nodes');
  return address;
}
