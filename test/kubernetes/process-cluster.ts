import type { ApiObject } from './api.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type KubeProxyMode, startKubeProxy } from './kube-proxy.ts';
import { Lan } from './lan.ts';
import { ManagedProcess } from './managed-process.ts';
import { CLIENT, type ClusterNode, CONTROL_PLANE, NODES, onLan, routesOf } from './topology.ts';
import { WebClient } from './web-client.ts';

/** The port on which the Pods of the tests serve their page. */
export const PAGE_PORT = 8080;

/** Everything but what needs kubelets: the test reports the state of Nodes and Pods itself. */
const CONTROLLERS = '*,-node-lifecycle-controller';

/**
 * Three nodes as network namespaces, each with a real kube-proxy; Pods are processes in namespaces of their own; the control
 * plane is real. The place for faults: it is up in seconds. `await using` removes it.
 */
export class ProcessCluster {
  readonly lan: Lan;
  readonly controlPlane: ControlPlane;
  readonly client: WebClient;
  readonly nodes = NODES;
  /** BOUNDED: by nodes and test Pods. */
  readonly #processes: ManagedProcess[] = [];
  #podCount = 0;

  private constructor(lan: Lan, controlPlane: ControlPlane) {
    this.lan = lan;
    this.controlPlane = controlPlane;
    this.client = new WebClient(lan, CLIENT.name);
  }

  static async start(options: {
    readonly name: string;
    readonly kubeProxyMode: KubeProxyMode;
  }): Promise<ProcessCluster> {
    const lan = await Lan.create([CONTROL_PLANE, CLIENT, ...NODES].map(onLan));
    let cluster: ProcessCluster | undefined;
    try {
      const controlPlane = await startControlPlane({
        name: options.name,
        host: { address: CONTROL_PLANE.address, spawn: lan.spawner(CONTROL_PLANE.name) },
        nodes: NODES.map(({ name }) => name),
        controllers: CONTROLLERS,
      });
      cluster = new ProcessCluster(lan, controlPlane);
      for (const node of NODES) await cluster.#startNode(node, options.kubeProxyMode);
      return cluster;
    } catch (error) {
      await (cluster ?? lan)[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A Ready Pod on a node, which serves a page. @returns its name */
  async addPagePod(app: string, nodeName: string): Promise<string> {
    const node = this.nodes.find(({ name }) => name === nodeName);
    if (node === undefined) throw new Error(`no node is called ${nodeName}`);
    this.#podCount += 1;
    const name = `${app}-${this.#podCount}`;
    const address = node.podCidr.replace(/0\/24$/, String(10 + this.#podCount));
    await this.lan.addPod({ name, node: node.name, address });
    this.#processes.push(
      new ManagedProcess(
        {
          name,
          command: [this.controlPlane.binaries.path('page')],
          logFile: this.controlPlane.folder.log(name),
          environment: { NODE_NAME: node.name, POD_NAME: name, LISTEN: `:${PAGE_PORT}` },
        },
        this.lan.spawner(name),
      ),
    );
    await this.createPod(pagePod(name, app, node.name), address);
    return name;
  }

  /** Writes a Pod that runs, as a kubelet would report it. @returns the object */
  async createPod(pod: ApiObject, address: string): Promise<ApiObject> {
    const { api } = this.controlPlane;
    const { name, namespace } = pod.metadata as { name: string; namespace: string };
    // Pods are refused until kube-controller-manager has made their namespace's ServiceAccount.
    const account = String(pod.spec.serviceAccountName ?? 'default');
    await this.eventually(`ServiceAccount ${account}`, () =>
      api.find(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}`),
    );
    const created = await api.create(`/api/v1/namespaces/${namespace}/pods`, pod);
    await this.reportPod(namespace, name, { address, ready: true });
    return created;
  }

  /** Reports a Pod's state, as its kubelet would. */
  async reportPod(
    namespace: string,
    name: string,
    state: { readonly address: string; readonly ready: boolean },
  ): Promise<void> {
    await this.controlPlane.api.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: {
        phase: 'Running',
        podIP: state.address,
        podIPs: [{ ip: state.address }],
        conditions: [{ type: 'Ready', status: state.ready ? 'True' : 'False' }],
      },
    });
  }

  /** Asks the API until there is an answer. @throws Error that names what was waited for */
  async eventually<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 30_000): Promise<T> {
    for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; ) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${what}: not within ${withinMs / 1000} s`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end('SIGKILL')));
    await this.controlPlane[Symbol.asyncDispose]();
    await this.lan[Symbol.asyncDispose]();
  }

  async #startNode(node: ClusterNode, mode: KubeProxyMode): Promise<void> {
    await this.lan.route(node.name, routesOf(node));
    await this.controlPlane.api.create('/api/v1/nodes', {
      metadata: { name: node.name, labels: { 'kubernetes.io/hostname': node.name, 'kubernetes.io/os': 'linux' } },
      spec: { podCIDR: node.podCidr, podCIDRs: [node.podCidr] },
    });
    await this.controlPlane.api.patch(`/api/v1/nodes/${node.name}/status`, {
      status: {
        addresses: [
          { type: 'InternalIP', address: node.address },
          { type: 'Hostname', address: node.name },
        ],
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      },
    });
    const spawn = this.lan.spawner(node.name);
    this.#processes.push(await startKubeProxy(this.controlPlane, { ...node, spawn }, mode));
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
