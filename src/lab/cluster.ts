import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CA_BUNDLE_CONFIG_MAP_NAME,
  CA_BUNDLE_KEY,
  DEFAULT_NAMESPACE,
  SPEAKER_SERVICE_ACCOUNT,
  SPEAKER_SERVICE_PORT,
  SPEAKER_TOKEN_AUDIENCE,
} from '../ports/defaults.ts';
import { type EmbeddedApi, startEmbeddedApi } from './api/embedded-api.ts';
import { ApiClient, type KubernetesObject } from './api-client.ts';
import { readKustomization, readObjects } from './manifests.ts';
import { type LabHost, LabNetwork } from './network.ts';
import { eventually } from './progress.ts';
import { addressOf, CLIENT, CONTROL_PLANE, NODES, POOL_BLOCK, ROUTED_BLOCK } from './topology.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');
const GUIDE = join(import.meta.dirname, 'guide');
const PROGRAM = join(import.meta.dirname, '../cli/main.ts');
const API_PORT = 6443;
const CONTROLLER = { name: 'heraldlb-controller', namespace: DEFAULT_NAMESPACE };
/** What runs the program in a real cluster: in the lab, the lab itself does. */
const WORKLOAD_KINDS = ['Deployment', 'DaemonSet', 'PodDisruptionBudget', 'PriorityClass'];

/** A cluster in namespaces: an embedded Kubernetes API, one controller, a speaker and a web page on every node. */
export class LabCluster {
  readonly network: LabNetwork;
  /** Logs, tokens and kubeconfigs: on the sandbox's own tmpfs, so that nothing is left behind however the lab ends. */
  readonly folder = '/run/heraldlb-lab';
  readonly #api: EmbeddedApi;
  readonly client: ApiClient;
  /** BOUNDED: by the programs of the topology. */
  readonly #programs = new Map<string, ChildProcess>();
  /** Names of the nodes without power. BOUNDED: by the nodes of the topology. */
  readonly #dark = new Set<string>();

  private constructor(network: LabNetwork, api: EmbeddedApi) {
    this.network = network;
    this.#api = api;
    this.client = new ApiClient({ url: api.url, ca: api.ca, token: api.adminToken });
  }

  /** Makes the LAN and starts the Kubernetes API. To be called inside a sandbox. */
  static async create(): Promise<LabCluster> {
    const network = new LabNetwork();
    await network.create(CONTROL_PLANE, [...NODES, CLIENT]);
    const api = await startEmbeddedApi({ host: addressOf(CONTROL_PLANE), port: API_PORT });
    const cluster = new LabCluster(network, api);
    await mkdir(cluster.folder);
    await writeFile(cluster.adminKubeconfig, api.kubeconfigYaml);
    return cluster;
  }

  /** A kubeconfig that may do everything, for kubectl. */
  get adminKubeconfig(): string {
    return join(this.folder, 'admin.kubeconfig');
  }

  /** Stands in for kube-proxy and Pods: each node takes the pool's packets as its own, without answering ARP for them. */
  async startNodes(): Promise<void> {
    for (const node of NODES) {
      for (const block of [POOL_BLOCK, ROUTED_BLOCK]) {
        await this.network.run(node.name, ['ip', 'route', 'add', 'local', block, 'dev', 'lo']);
      }
      const settings = ['arp_ignore=1', 'arp_announce=2'].map((setting) => setting.split('='));
      for (const [name, value] of settings) {
        await this.network.run(node.name, ['sh', '-c', `echo ${value} > /proc/sys/net/ipv4/conf/all/${name}`]);
      }
      this.#startPage(node);
    }
  }

  /** What `kubectl apply -k manifests` would do, without the workloads, and what nodes and kubelets would register. */
  async install(): Promise<void> {
    for (const object of await readKustomization(MANIFESTS)) {
      if (!WORKLOAD_KINDS.includes(object.kind)) await this.client.create(object);
    }
    for (const node of NODES) await this.client.create(nodeObject(node));
    await this.client.create(podObject(CONTROLLER.name, 'heraldlb-controller', CONTROL_PLANE.name));
    for (const node of NODES) await this.client.create(podObject(speakerPod(node), SPEAKER_SERVICE_ACCOUNT, node.name));
  }

  /** Starts the controller with the ServiceAccount of the manifests, and nothing more. */
  async startController(): Promise<void> {
    const token = await this.client.token(CONTROLLER, { expirationSeconds: 86_400 });
    const kubeconfig = join(this.folder, 'controller.kubeconfig');
    await writeFile(kubeconfig, this.#api.kubeconfigFor(token, DEFAULT_NAMESPACE));
    const environment = {
      POD_NAME: CONTROLLER.name,
      POD_NAMESPACE: DEFAULT_NAMESPACE,
      POD_IP: addressOf(CONTROL_PLANE),
    };
    const command = [process.execPath, PROGRAM, 'controller', '--kubeconfig', kubeconfig];
    this.#keep(
      'controller',
      spawn(command[0] ?? '', command.slice(1), {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** Ends the controller as a crash does. */
  killController(): void {
    this.#programs.get('controller')?.kill('SIGKILL');
  }

  /** Starts a node's speaker with a token bound to its Pod, as a kubelet would hand it over. */
  async startSpeaker(node: LabHost): Promise<void> {
    const folder = join(this.folder, node.name);
    await mkdir(folder, { recursive: true });
    const account = { name: SPEAKER_SERVICE_ACCOUNT, namespace: DEFAULT_NAMESPACE };
    const pod = await this.client.get('Pod', speakerPod(node), DEFAULT_NAMESPACE);
    const { uid } = (pod?.metadata ?? {}) as { uid?: string };
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: speakerPod(node), uid };
    const token = await this.client.token(account, {
      audiences: [SPEAKER_TOKEN_AUDIENCE],
      expirationSeconds: 86_400,
      boundObjectRef,
    });
    const bundle = await eventually('the controller making its CA', () => this.#caBundle());
    await writeFile(join(folder, 'token'), token);
    await writeFile(join(folder, 'ca.crt'), bundle);
    const command = [
      process.execPath,
      PROGRAM,
      'speaker',
      '--node-name',
      node.name,
      '--controller',
      `${addressOf(CONTROL_PLANE)}:${SPEAKER_SERVICE_PORT}`,
    ];
    const files = ['--token-file', join(folder, 'token'), '--ca-file', join(folder, 'ca.crt')];
    const state = ['--state-dir', join(folder, 'state')];
    const environment = { ...process.env, POD_NAMESPACE: DEFAULT_NAMESPACE, HOST_IP: addressOf(node) };
    this.#keep(
      `speaker-${node.name}`,
      this.network.spawn(node.name, [...command, ...files, ...state], {
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** Applies one of the guide's files, unedited. */
  async applyGuide(file: 'pool.yaml' | 'services.yaml' | 'bgp.yaml'): Promise<void> {
    for (const object of await readObjects(join(GUIDE, file))) {
      await this.client.create(object);
      if (object.kind === 'Service') await this.client.create(endpointSlice(object));
    }
  }

  /** The first address in the status of a Service of namespace default; undefined before it has one. */
  async addressOfService(name: string): Promise<string | undefined> {
    const service = await this.client.get('Service', name, 'default');
    const status = service?.status as { loadBalancer?: { ingress?: { ip?: string }[] } } | undefined;
    return status?.loadBalancer?.ingress?.[0]?.ip;
  }

  /** Every Service that has an address, of every namespace. */
  async servicesWithAddresses(): Promise<{ readonly name: string; readonly address: string }[]> {
    const { body } = await this.client.call('GET', '/api/v1/services');
    const { items } = body as {
      items: { metadata: { name: string }; status?: { loadBalancer?: { ingress?: { ip?: string }[] } } }[];
    };
    return items.flatMap(({ metadata: { name }, status }) =>
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [{ name, address: ip }])),
    );
  }

  /** MAC that the client's ARP gets for each address; absent when nobody answers. */
  async whoHas(addresses: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const program = join(import.meta.dirname, 'arp-client.ts');
    return JSON.parse(await this.network.run(CLIENT.name, [process.execPath, program, ...addresses])) as Record<
      string,
      string
    >;
  }

  /** Who answers the client's ARP for an address, as the client's kernel saw it. */
  async answeringNode(address: string): Promise<{ readonly mac: string; readonly node: string } | undefined> {
    const neighbours = JSON.parse(
      await this.network.run(CLIENT.name, ['ip', '-json', 'neighbour', 'show', 'to', address]),
    ) as { lladdr?: string }[];
    const mac = neighbours[0]?.lladdr;
    return mac === undefined ? undefined : { mac, node: this.network.hostOf(mac) ?? 'nobody known' };
  }

  hasPower(node: LabHost): boolean {
    return !this.#dark.has(node.name);
  }

  /** What `kubectl cordon` does. */
  async cordon(node: LabHost): Promise<void> {
    const path = `/api/v1/nodes/${node.name}`;
    const { body } = await this.client.call('GET', path);
    await this.client.call('PUT', path, {
      ...body,
      spec: { ...(body.spec as object | undefined), unschedulable: true },
    });
  }

  async cutPower(node: LabHost): Promise<void> {
    this.#dark.add(node.name);
    await this.network.cutPower(node.name);
  }

  async restorePower(node: LabHost): Promise<void> {
    this.#dark.delete(node.name);
    await this.network.restorePower(node.name);
    this.#startPage(node);
    await this.startSpeaker(node);
  }

  /** Ends what was started. The namespaces go with the sandbox. */
  async stop(): Promise<void> {
    for (const program of this.#programs.values()) program.kill('SIGTERM');
    await this.#api.stop();
  }

  async #caBundle(): Promise<string | undefined> {
    const configMap = await this.client.get('ConfigMap', CA_BUNDLE_CONFIG_MAP_NAME, DEFAULT_NAMESPACE);
    return (configMap?.data as Record<string, string> | undefined)?.[CA_BUNDLE_KEY];
  }

  #startPage(node: LabHost): void {
    const program = join(import.meta.dirname, 'page-server.ts');
    this.#keep(
      `page-${node.name}`,
      this.network.spawn(node.name, [process.execPath, program, node.name], { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  #keep(name: string, program: ChildProcess): void {
    const log = createWriteStream(join(this.folder, `${name}.log`), { flags: 'a' });
    program.stdout?.pipe(log);
    program.stderr?.pipe(log);
    this.#programs.set(name, program);
  }
}

function speakerPod(node: LabHost): string {
  return `heraldlb-speaker-${node.name}`;
}

function nodeObject(node: LabHost): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels: { 'kubernetes.io/hostname': node.name } },
    status: {
      addresses: [{ type: 'InternalIP', address: addressOf(node) }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** What kube-controller-manager would make of a Pod on every node. */
function endpointSlice({ metadata: { name, namespace = 'default' } }: KubernetesObject): KubernetesObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: NODES.map((node) => ({
      addresses: [addressOf(node)],
      nodeName: node.name,
      conditions: { ready: true },
    })),
    ports: [{ port: 80, protocol: 'TCP' }],
  };
}

function podObject(name: string, serviceAccountName: string, nodeName: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: DEFAULT_NAMESPACE },
    spec: { serviceAccountName, nodeName, containers: [{ name: 'heraldlb', image: 'heraldlb' }] },
  };
}
