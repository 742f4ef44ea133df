import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedApi, startEmbeddedApi } from '../../src/lab/api/embedded-api.ts';
import { type ApiAccess, ApiClient, type KubernetesObject } from '../../src/lab/api-client.ts';
import { readKustomization } from '../../src/lab/manifests.ts';
import { LabNetwork } from '../../src/lab/network.ts';
import { eventually } from '../../src/lab/progress.ts';
import {
  CA_BUNDLE_CONFIG_MAP_NAME,
  CA_BUNDLE_KEY,
  DEFAULT_NAMESPACE,
  SPEAKER_SERVICE_ACCOUNT,
  SPEAKER_SERVICE_PORT,
  SPEAKER_TOKEN_AUDIENCE,
} from '../../src/ports/defaults.ts';
import { type ControlPlane, startControlPlane } from '../../test/kubernetes/control-plane.ts';
import { ManagedProcess, spawnHere } from '../../test/kubernetes/managed-process.ts';
import { RunFolder } from '../../test/kubernetes/run-folder.ts';
import { ip } from '../../test/support/network-namespace.ts';
import { configObjects, nodeObject, podObject } from './objects.ts';
import { pidOf } from './process-figures.ts';
import { commandOf, type Form } from './program.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', 'manifests');
/** What runs the program in a real cluster: here, this does. */
const WORKLOAD_KINDS = ['Deployment', 'DaemonSet', 'PodDisruptionBudget', 'PriorityClass'];
const HERE = { name: 'here', address: '10.9.0.254' };
export const CLIENT = 'client';
const TOKEN = { expirationSeconds: 86_400 };
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${DEFAULT_NAMESPACE}/leases/heraldlb-controller`;

export interface BenchClusterOptions {
  /** Names the folder of the logs. */
  readonly name: string;
  readonly api: 'real' | 'embedded';
  readonly nodes: number;
  readonly form: Form;
}

/** Two kinds of server behind one interface. */
interface Server extends AsyncDisposable {
  readonly access: ApiAccess;
  readonly folder: RunFolder;
  /** Absent: the embedded one. */
  readonly controlPlane?: ControlPlane;
  kubeconfig(name: string, token: string): string;
}

/**
 * A Kubernetes API, a LAN of namespaces with nodes and a client, and HeraldLB with the rights of its manifests. kube-proxy
 * has no part in it. To be made inside the sandbox; `await using` ends it.
 */
export class BenchCluster {
  readonly client: ApiClient;
  readonly access: ApiAccess;
  readonly nodes: readonly string[];
  readonly #options: BenchClusterOptions;
  readonly #network: LabNetwork;
  readonly #server: Server;
  /** BOUNDED: by the starts of one benchmark. */
  readonly #processes: ManagedProcess[] = [];

  #starts = 0;

  private constructor(options: BenchClusterOptions, network: LabNetwork, server: Server) {
    this.#options = options;
    this.#network = network;
    this.#server = server;
    this.access = server.access;
    this.client = new ApiClient(server.access);
    this.nodes = Array.from({ length: options.nodes }, (_, index) => nodeName(index));
  }

  static async start(options: BenchClusterOptions): Promise<BenchCluster> {
    const network = new LabNetwork();
    const nodes = Array.from({ length: options.nodes }, (_, index) => ({
      name: nodeName(index),
      address: `${nodeAddress(index)}/16`,
    }));
    await network.create({ ...HERE, address: `${HERE.address}/16` }, [
      ...nodes,
      { name: CLIENT, address: '10.9.0.100/16' },
    ]);
    const server = options.api === 'real' ? await realServer(options.name) : await embeddedServer(options.name);
    const cluster = new BenchCluster(options, network, server);
    try {
      await cluster.#install();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws Error when the API is the embedded one */
  get controlPlane(): ControlPlane {
    const { controlPlane } = this.#server;
    if (controlPlane === undefined) throw new Error('the embedded API has no control plane');
    return controlPlane;
  }

  /** Process id of the real kube-apiserver: the sandbox has process ids of its own, and only one such process. */
  get apiServerPid(): number {
    return pidOf('kube-apiserver');
  }

  /** A kubeconfig of the controller's ServiceAccount. */
  async controllerKubeconfig(): Promise<string> {
    const token = await this.client.token({ name: 'heraldlb-controller', namespace: DEFAULT_NAMESPACE }, TOKEN);
    return this.#server.kubeconfig('controller', token);
  }

  /** Starts a controller; the promise does not wait for it to lead. @param flags further ones */
  async startController(flags: readonly string[] = []): Promise<ManagedProcess> {
    const kubeconfig = await this.controllerKubeconfig();
    this.#starts += 1;
    const process = new ManagedProcess({
      name: 'controller',
      logFile: this.#server.folder.log(`controller-${this.#starts}`),
      command: [...commandOf('controller', this.#options.form), '--kubeconfig', kubeconfig, ...flags],
      environment: {
        POD_NAME: 'heraldlb-controller',
        POD_NAMESPACE: DEFAULT_NAMESPACE,
        POD_IP: HERE.address,
      },
    });
    this.#processes.push(process);
    return process;
  }

  /** Waits until the controller leads: what it does on its own account comes soon after. */
  async leads(controller: ManagedProcess): Promise<void> {
    await controller.until('leadership', async () => {
      const { body } = await this.client.call('GET', LEASE);
      const { holderIdentity } = (body.spec ?? {}) as { holderIdentity?: string };
      return holderIdentity ? true : undefined;
    });
  }

  /** Starts a node's speaker with a token that is bound to its Pod, and waits until its session is open. */
  async startSpeaker(node: string): Promise<ManagedProcess> {
    const folder = this.#server.folder.folder(node);
    const pod = podObject(node, SPEAKER_SERVICE_ACCOUNT);
    await this.client.create(pod);
    const { uid } = ((await this.client.get('Pod', pod.metadata.name, DEFAULT_NAMESPACE))?.metadata ?? {}) as {
      uid?: string;
    };
    const token = await this.client.token(
      { name: SPEAKER_SERVICE_ACCOUNT, namespace: DEFAULT_NAMESPACE },
      {
        ...TOKEN,
        audiences: [SPEAKER_TOKEN_AUDIENCE],
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid },
      },
    );
    const bundle = await eventually('the controller making its CA', () => this.#caBundle());
    const files = { token: join(folder, 'token'), ca: join(folder, 'ca.crt') };
    mkdirSync(folder, { recursive: true });
    writeFileSync(files.token, token);
    writeFileSync(files.ca, bundle);
    const target = `${HERE.address}:${SPEAKER_SERVICE_PORT}`;
    const flags = ['--node-name', node, '--controller', target, '--token-file', files.token, '--ca-file', files.ca];
    const log = this.#server.folder.log(`speaker-${node}`);
    const process = new ManagedProcess(
      {
        name: `speaker of ${node}`,
        logFile: log,
        command: [...commandOf('speaker', this.#options.form), ...flags],
        environment: {
          POD_NAMESPACE: DEFAULT_NAMESPACE,
          HOST_IP: nodeAddress(this.nodes.indexOf(node)),
        },
      },
      (command, options) => this.#network.spawn(node, command, options),
    );
    this.#processes.push(process);
    await process.until('a session', async () =>
      (await process.lastLines(100)).includes('session-opened') ? true : undefined,
    );
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end('SIGKILL')));
    await this.#server[Symbol.asyncDispose]();
    // The cable to here goes first: a namespace lives on for a moment after its name is gone.
    await ip('link delete eth0');
    for (const namespace of [...this.nodes, CLIENT, 'switch']) await ip(`netns delete ${namespace}`);
  }

  /** What `kubectl apply -k manifests` would do, without the workloads, and what nodes would register. */
  async #install(): Promise<void> {
    for (const object of await readKustomization(MANIFESTS)) {
      if (!WORKLOAD_KINDS.includes(object.kind)) await this.client.create(object);
    }
    for (const [index, node] of this.nodes.entries()) await this.#register(nodeObject(node, nodeAddress(index)));
    for (const object of configObjects()) {
      // A CustomResourceDefinition is served a moment after it was created.
      await eventually(`the API taking ${object.kind}`, () => this.#created(object));
    }
  }

  /** kube-apiserver ignores the status of a new node: it is patched separately. */
  async #register(node: KubernetesObject): Promise<void> {
    await this.client.create(node);
    const path = `/api/v1/nodes/${node.metadata.name}/status`;
    const { body } = await this.client.call('GET', `/api/v1/nodes/${node.metadata.name}`);
    const { status } = await this.client.call('PUT', path, { ...body, status: node.status });
    if (status >= 300) throw new Error(`the status of ${node.metadata.name} was not taken: ${status}`);
  }

  async #created(object: KubernetesObject): Promise<true | undefined> {
    return this.client.create(object).then(
      () => true,
      () => undefined,
    );
  }

  async #caBundle(): Promise<string | undefined> {
    const configMap = await this.client.get('ConfigMap', CA_BUNDLE_CONFIG_MAP_NAME, DEFAULT_NAMESPACE);
    return (configMap?.data as Record<string, string> | undefined)?.[CA_BUNDLE_KEY];
  }
}

function nodeName(index: number): string {
  return `node${index + 1}`;
}

function nodeAddress(index: number): string {
  return `10.9.0.${index + 1}`;
}

async function realServer(name: string): Promise<Server> {
  const controlPlane = await startControlPlane({ name, host: { address: HERE.address, spawn: spawnHere } });
  return {
    access: controlPlane.api.access,
    folder: controlPlane.folder,
    controlPlane,
    kubeconfig: (user, token) => controlPlane.kubeconfig(user, token),
    [Symbol.asyncDispose]: () => controlPlane[Symbol.asyncDispose](),
  };
}

async function embeddedServer(name: string): Promise<Server> {
  const folder = await RunFolder.create(name);
  const api: EmbeddedApi = await startEmbeddedApi({ host: HERE.address });
  return {
    access: { url: api.url, ca: api.ca, token: api.adminToken },
    folder,
    kubeconfig: (user, token) => {
      const file = join(folder.folder('credentials'), `${user}.kubeconfig`);
      writeFileSync(file, api.kubeconfigFor(token, DEFAULT_NAMESPACE));
      return file;
    },
    [Symbol.asyncDispose]: async () => {
      await api.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}
