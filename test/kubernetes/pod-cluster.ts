import { removeAbandonedControlGroups } from './control-groups.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type KubeProxyMode, startKubeProxy } from './kube-proxy.ts';
import { Lan } from './lan.ts';
import type { ManagedProcess } from './managed-process.ts';
import { PodNode } from './pod-node.ts';
import { buildTestImages } from './test-images.ts';
import { CLIENT, CONTROL_PLANE, NODES, onLan, routesOf } from './topology.ts';
import { WebClient } from './web-client.ts';

export interface PodClusterOptions {
  readonly name: string;
  readonly kubeProxyMode: KubeProxyMode;
  /** Image archives that every node shall have, besides those of the test Pods. */
  readonly images: readonly string[];
}

/**
 * A whole cluster: scheduler, controllers, and three nodes with real kubelets and containers. Needs real root. `await using`
 * removes it.
 */
export class PodCluster {
  readonly lan: Lan;
  readonly controlPlane: ControlPlane;
  readonly client: WebClient;
  /** BOUNDED: by the nodes. */
  readonly #nodes = new Map<string, PodNode>();
  /** BOUNDED: by the nodes. */
  readonly #proxies = new Map<string, ManagedProcess>();
  readonly #kubeProxyMode: KubeProxyMode;

  private constructor(lan: Lan, controlPlane: ControlPlane, kubeProxyMode: KubeProxyMode) {
    this.lan = lan;
    this.controlPlane = controlPlane;
    this.#kubeProxyMode = kubeProxyMode;
    this.client = new WebClient(lan, CLIENT.name);
  }

  /** Starts everything and waits until every node is Ready. */
  static async start(options: PodClusterOptions): Promise<PodCluster> {
    await removeAbandonedControlGroups();
    const lan = await Lan.create([CONTROL_PLANE, CLIENT, ...NODES].map(onLan));
    let cluster: PodCluster | undefined;
    try {
      const controlPlane = await startControlPlane({
        name: options.name,
        host: { address: CONTROL_PLANE.address, spawn: lan.spawner(CONTROL_PLANE.name) },
        nodes: NODES.map(({ name }) => name),
        controllers: '*',
        scheduler: true,
      });
      cluster = new PodCluster(lan, controlPlane, options.kubeProxyMode);
      await cluster.#startNodes(options.images);
      return cluster;
    } catch (error) {
      await (cluster ?? lan)[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Every process of the node and of its Pods ends, and its link goes down. */
  async cutPower(name: string): Promise<void> {
    await Promise.all([this.lan.cutPower(name), this.#node(name).cutPower()]);
  }

  async restorePower(name: string): Promise<void> {
    await this.lan.restorePower(name);
    this.#node(name).boot();
    await this.#startKubeProxy(name);
    await this.#node(name).ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node[Symbol.asyncDispose]()));
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.end('SIGKILL')));
    await this.controlPlane[Symbol.asyncDispose]();
    await this.lan[Symbol.asyncDispose]();
  }

  async #startNodes(images: readonly string[]): Promise<void> {
    const { binaries, folder } = this.controlPlane;
    const archives = [...(await buildTestImages(binaries, folder)), ...images];
    // Pods ask the control plane from addresses of their own.
    await this.lan.route(CONTROL_PLANE.name, routesOf(CONTROL_PLANE));
    for (const node of NODES) {
      await this.lan.route(node.name, routesOf(node));
      const spawn = this.lan.spawner(node.name);
      const podNode = await PodNode.create(this.controlPlane, { node, spawn, images: archives });
      this.#nodes.set(node.name, podNode);
      podNode.boot();
    }
    await Promise.all(NODES.map(({ name }) => this.#node(name).ready()));
    await Promise.all(NODES.map(({ name }) => this.#startKubeProxy(name)));
  }

  async #startKubeProxy(name: string): Promise<void> {
    const { node } = this.#node(name);
    const place = { ...node, spawn: this.lan.spawner(name) };
    this.#proxies.set(name, await startKubeProxy(this.controlPlane, place, this.#kubeProxyMode));
  }

  #node(name: string): PodNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no node is called ${name}`);
    return node;
  }
}
