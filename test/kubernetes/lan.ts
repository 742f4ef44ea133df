import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { type LabHost, LabNetwork } from '../../src/lab/network.ts';
import { insideSandbox } from '../../src/lab/sandbox.ts';
import { processClusterLack } from './machine-lack.ts';
import type { Spawner } from './managed-process.ts';

const run = promisify(execFile);

const SWITCH = 'switch';
/** The second bridge of the switch: hosts on it hear only each other. */
const ISLAND = 'br1';
const MAIN_LAND = 'br0';

/** This process's own interface on the LAN. */
const HERE: LabHost = { name: 'tester', address: '192.168.10.1/24' };
const GATEWAY = '192.168.10.1';
/** Asks who has an address, so that no answer to it rewrites the client's neighbour table. */
const OBSERVER: LabHost = { name: 'observer', address: '192.168.10.3/24' };

/** A Pod's network: a namespace behind a node, as a CNI plugin makes it. */
export interface PodNetwork {
  /** Name of the namespace, at most 15 characters. */
  readonly name: string;
  readonly node: string;
  readonly address: string;
}

/** A LAN of network namespaces in the test run's sandbox: a switch, and hosts plugged into it. `await using` removes it. */
export class Lan {
  readonly #network = new LabNetwork();
  readonly #hosts: readonly LabHost[];
  /** BOUNDED: by the Pods of one test. */
  readonly #pods = new Map<string, PodNetwork>();

  private constructor(hosts: readonly LabHost[]) {
    this.#hosts = [OBSERVER, ...hosts];
  }

  /** @throws Error outside a sandbox: nothing may reach the machine's own network */
  static async create(hosts: readonly LabHost[]): Promise<Lan> {
    if (!insideSandbox()) throw new Error('a LAN can only be made inside the sandbox: run this with npm run e2e');
    const lack = processClusterLack();
    if (lack !== undefined) throw new Error(lack);
    const lan = new Lan(hosts);
    try {
      await lan.#network.create(HERE, lan.#hosts);
      await ip(['-n', SWITCH, 'link', 'add', ISLAND, 'type', 'bridge', 'stp_state', '0']);
      await ip(['-n', SWITCH, 'link', 'set', ISLAND, 'up']);
      return lan;
    } catch (error) {
      await lan[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** For programs that share the mounts of this process. */
  spawner(namespace: string): Spawner {
    return (command: readonly string[], options: SpawnOptions): ChildProcess =>
      spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...command], options);
  }

  /** Runs a program on a host or in a Pod's namespace to its end. @returns what it printed */
  run(namespace: string, command: readonly string[]): Promise<string> {
    return this.#network.run(namespace, command);
  }

  /** Lets a host forward, and tells it where the Pods of its neighbours are. */
  async route(node: string, podRoutes: readonly { readonly podCidr: string; readonly via: string }[]): Promise<void> {
    await this.run(node, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    // Without a route to anywhere, a packet to a cluster address would not even reach kube-proxy's rules.
    await ip(['-n', node, 'route', 'replace', 'default', 'via', GATEWAY]);
    for (const { podCidr, via } of podRoutes) await ip(['-n', node, 'route', 'replace', podCidr, 'via', via]);
  }

  /** Tells this process where the Pods of a host are. */
  async routeHere(podCidr: string, via: string): Promise<void> {
    await ip(['route', 'replace', podCidr, 'via', via]);
  }

  /** Makes a Pod's namespace: one interface, routed by its node. */
  async addPod(pod: PodNetwork): Promise<void> {
    const { name, node, address } = pod;
    this.#pods.set(name, pod);
    await ip(['netns', 'add', name]);
    await ip(['-n', name, 'link', 'set', 'lo', 'up']);
    await ip(['-n', node, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
    await ip(['-n', node, 'address', 'add', '169.254.1.1/32', 'dev', name]);
    await ip(['-n', node, 'link', 'set', name, 'up']);
    await ip(['-n', node, 'route', 'add', `${address}/32`, 'dev', name]);
    await ip(['-n', name, 'address', 'add', `${address}/32`, 'dev', 'eth0']);
    await ip(['-n', name, 'link', 'set', 'eth0', 'up']);
    await ip(['-n', name, 'route', 'add', '169.254.1.1/32', 'dev', 'eth0']);
    await ip(['-n', name, 'route', 'add', 'default', 'via', '169.254.1.1']);
  }

  /** Every process of the host and of its Pods ends, and its link goes down, at one instant. */
  async cutPower(host: string): Promise<void> {
    const pods = [...this.#pods.values()].filter((pod) => pod.node === host).map((pod) => pod.name);
    const pids = await Promise.all(pods.map((pod) => run('ip', ['netns', 'pids', pod])));
    await this.#network.cutPower(host);
    for (const pid of pids.flatMap(({ stdout }) => stdout.split('\n')).filter((line) => line !== '')) {
      killAtOnce(Number(pid));
    }
  }

  restorePower(host: string): Promise<void> {
    return this.#network.restorePower(host);
  }

  /** Splits the LAN: these hosts hear each other and nobody else. Their links stay up. */
  async partition(hosts: readonly string[]): Promise<void> {
    await Promise.all(hosts.map((host) => ip(['-n', SWITCH, 'link', 'set', host, 'master', ISLAND])));
  }

  async heal(): Promise<void> {
    const names = this.#hosts.map(({ name }) => name);
    await Promise.all(names.map((host) => ip(['-n', SWITCH, 'link', 'set', host, 'master', MAIN_LAND])));
  }

  /** The hosts that answer ARP for an address, seen from a host that takes no other part. */
  async whoHas(address: string): Promise<string[]> {
    const question = ['arping', '-r', '-c', '2', '-W', '0.1', '-i', 'eth0', address];
    const answers = await this.run(OBSERVER.name, question).catch(() => '');
    const macs = new Set(answers.split('\n').filter((line) => line !== ''));
    return [...macs].map((mac) => this.#network.hostOf(mac) ?? mac).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const namespaces = [...this.#pods.keys(), ...this.#hosts.map(({ name }) => name), SWITCH];
    for (const namespace of namespaces) {
      const { stdout } = await run('ip', ['netns', 'pids', namespace]).catch(() => ({ stdout: '' }));
      for (const pid of stdout.split('\n').filter((line) => line !== '')) killAtOnce(Number(pid));
    }
    // A namespace lives on for a moment after its name is gone; the cable to here has to be away before the next LAN is made.
    await ip(['link', 'delete', 'eth0']).catch(() => {});
    for (const namespace of namespaces) await ip(['netns', 'delete', namespace]).catch(() => {});
  }
}

async function ip(args: readonly string[]): Promise<void> {
  await run('ip', args);
}

function killAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the listing and now.
  }
}
