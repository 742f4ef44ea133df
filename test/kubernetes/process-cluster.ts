import type { ApiObject } from './api.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type KubeProxyMode, startKubeProxy } from './kube-proxy.ts';
import { Lan } from './lan.ts';
import { ManagedProcess } from './managed-process.ts';
import { CLIENT, type ClusterNode, CONTROL_PLANE, NODES, onLan, routesOf } from './topology.ts';
import { WebClient } from './web-client.ts';

/** The port on which the Pods of the tests serve their page. */
export const PAGE_PORT = 8080;

/** What acts on the objects of these tests; the state of Nodes and Pods is reported by the test itself. */
const CONTROLLERS: readonly string[] = [
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'endpointslice-controller',
];

/** A Pod that the test runs as a process. */
export interface ProcessPod {
  /** The Pod object, with `spec.nodeName`. */
  readonly pod: ApiObject;
  /** On the network of its node; else it gets a namespace and an address of its own. */
  readonly hostNetwork?: boolean;
}

/** Where a Pod is, once it is made. */
export interface PlacedPod {
  readonly object: ApiObject;
  readonly name: string;
  readonly address: string;
  /** The network namespace that its processes belong in. */
  readonly namespace: string;
}

export interface ProcessClusterOptions {
  /** Names the folder of the logs. */
  readonly name: string;
  readonly kubeProxyMode: KubeProxyMode;
  /** Three beside the control plane unless it says otherwise; the control plane may be one of them. */
  readonly nodes?: readonly ClusterNode[];
  /** Further ones of kube-controller-manager. */
  readonly controllers?: readonly string[];
}

/**
 * A control plane and nodes as network namespaces, each node with a real kube-proxy; Pods are processes in namespaces of
 * their own. The place for faults: it is up in seconds. `await using` removes it.
 */
export class ProcessCluster {
  readonly lan: Lan;
  readonly controlPlane: ControlPlane;
  readonly nodes: readonly ClusterNode[];
  readonly client: WebClient;
  /** BOUNDED: by nodes and test Pods. */
  readonly #processes: ManagedProcess[] = [];
  #podCount = 0;

  private constructor(lan: Lan, controlPlane: ControlPlane, nodes: readonly ClusterNode[]) {
    this.lan = lan;
    this.controlPlane = controlPlane;
    this.nodes = nodes;
    this.client = new WebClient(lan, CLIENT.name);
  }

  static async start(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const { nodes = NODES, controllers = [] } = options;
    const workers = nodes.filter(({ name }) => name !== CONTROL_PLANE.name);
    const lan = await Lan.create([CONTROL_PLANE, CLIENT, ...workers].map(onLan));
    let cluster: ProcessCluster | undefined;
    try {
      const controlPlane = await startControlPlane({
        name: options.name,
        host: { address: CONTROL_PLANE.address, spawn: lan.spawner(CONTROL_PLANE.name) },
        nodes: nodes.map(({ name }) => name),
        controllers: [...CONTROLLERS, ...controllers].join(),
      });
      cluster = new ProcessCluster(lan, controlPlane, nodes);
      await lan.routeHere(CONTROL_PLANE.podCidr, CONTROL_PLANE.address);
      await cluster.#register(CONTROL_PLANE, { 'node-role.kubernetes.io/control-plane': '' });
      for (const node of workers) await cluster.#register(node, {});
      const started = cluster;
      await Promise.all(nodes.map((node) => started.startKubeProxy(node, options.kubeProxyMode)));
      return cluster;
    } catch (error) {
      await (cluster ?? lan)[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Also after the node's power came back. */
  async startKubeProxy(node: ClusterNode, mode: KubeProxyMode): Promise<void> {
    const spawn = this.lan.spawner(node.name);
    this.#processes.push(await startKubeProxy(this.controlPlane, { ...node, spawn }, mode));
  }

  /** A Ready Pod on a node, which serves a page. */
  async addPagePod(app: string, nodeName: string): Promise<PlacedPod> {
    const placed = await this.addPod({ pod: pagePod(`${app}-${this.#podCount + 1}`, app, nodeName) });
    const { name, namespace } = placed;
    this.run({
      name,
      namespace,
      command: [this.controlPlane.binaries.path('page')],
      environment: { NODE_NAME: nodeName, POD_NAME: name, LISTEN: `:${PAGE_PORT}` },
    });
    return placed;
  }

  /** Makes a Pod with its network, and reports it as running: as scheduler and kubelet would. Its processes start by `run`. */
  async addPod({ pod, hostNetwork = false }: ProcessPod): Promise<PlacedPod> {
    const name = String(pod.metadata.name);
    const node = [CONTROL_PLANE, ...NODES].find((each) => each.name === pod.spec.nodeName);
    if (node === undefined) throw new Error(`no node is called ${pod.spec.nodeName}`);
    this.#podCount += 1;
    const address = hostNetwork ? node.address : node.podCidr.replace(/0\/24$/, String(10 + this.#podCount));
    // The name of an interface has at most 15 characters.
    const namespace = hostNetwork ? node.name : `pod-${this.#podCount}`;
    if (!hostNetwork) await this.lan.addPod({ name: namespace, node: node.name, address });
    return { name, address, namespace, object: await this.#createPod(pod, address) };
  }

  /** Runs a program in a network namespace until the cluster ends. */
  run(program: {
    readonly name: string;
    readonly namespace: string;
    readonly command: readonly string[];
    readonly environment: NodeJS.ProcessEnv;
  }): ManagedProcess {
    const { name, namespace, command, environment } = program;
    const logFile = this.controlPlane.folder.log(name);
    const process = new ManagedProcess({ name, command, logFile, environment }, this.lan.spawner(namespace));
    this.#processes.push(process);
    return process;
  }

  /** Reports a Pod's state, as its kubelet would. */
  async reportPod({ object, address }: Pick<PlacedPod, 'object' | 'address'>, ready: boolean): Promise<void> {
    const { name, namespace } = object.metadata as { name: string; namespace: string };
    await this.controlPlane.api.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: {
        phase: 'Running',
        podIP: address,
        podIPs: [{ ip: address }],
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end('SIGKILL')));
    await this.controlPlane[Symbol.asyncDispose]();
    await this.lan[Symbol.asyncDispose]();
  }

  async #createPod(pod: ApiObject, address: string): Promise<ApiObject> {
    const { api } = this.controlPlane;
    const { namespace } = pod.metadata as { namespace: string };
    const account = String(pod.spec.serviceAccountName ?? 'default');
    // Pods are refused until kube-controller-manager has made their namespace's ServiceAccount.
    await api.until(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}`, (found) => found !== undefined);
    const created = await api.create(`/api/v1/namespaces/${namespace}/pods`, pod);
    await this.reportPod({ object: created, address }, true);
    return created;
  }

  async #register(node: ClusterNode, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.lan.route(node.name, routesOf(node));
    const { api } = this.controlPlane;
    await api.create('/api/v1/nodes', {
      metadata: {
        name: node.name,
        labels: { 'kubernetes.io/hostname': node.name, 'kubernetes.io/os': 'linux', ...labels },
      },
      spec: { podCIDR: node.podCidr, podCIDRs: [node.podCidr] },
    });
    await api.patch(`/api/v1/nodes/${node.name}/status`, {
      status: {
        addresses: [
          { type: 'InternalIP', address: node.address },
          { type: 'Hostname', address: node.name },
        ],
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      },
    });
  }
}

function pagePod(name: string, app: string, nodeName: string): ApiObject {
  return {
    metadata: { name, namespace: 'default', labels: { app } },
    spec: {
      nodeName,
      containers: [{ name: 'page', image: 'page', ports: [{ name: 'http', containerPort: PAGE_PORT }] }],
    },
  };
}
