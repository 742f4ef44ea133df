import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../../tools/node-flags.ts';
import { Api, type ApiObject } from '../../kubernetes/api.ts';
import type { ManagedProcess } from '../../kubernetes/managed-process.ts';
import type { PlacedPod, ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { type ClusterNode, CONTROL_PLANE } from '../../kubernetes/topology.ts';
import { argumentsOf, DIST, environmentOf, NAMESPACE, podOf, shipped, shippedObjects } from './shipped.ts';

/** What runs the program in a cluster with kubelets: here, this does. */
const WORKLOADS = ['Deployment', 'DaemonSet', 'PodDisruptionBudget'];

/** As the image starts Node. */
const NODE = [process.execPath, ...NODE_FLAGS];
const CA_BUNDLE = `/api/v1/namespaces/${NAMESPACE}/configmaps/heraldlb-ca-bundle`;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/heraldlb-controller`;

/** A program of ours that runs as a Pod. */
export interface RunningPod {
  readonly pod: PlacedPod;
  readonly process: ManagedProcess;
}

/**
 * HeraldLB as its manifests install it, but with the release's bundles as processes: same arguments, environment,
 * ServiceAccounts and tokens that Deployment and DaemonSet would give.
 */
export class HeraldLbProcesses {
  readonly #cluster: ProcessCluster;
  readonly #objects: readonly ApiObject[];
  /** Of the controller, beside those of the manifests. */
  readonly #flags: readonly string[];
  /** BOUNDED: by the replicas that a test starts. */
  readonly controllers = new Map<string, RunningPod>();
  /** By node. BOUNDED: by the nodes. */
  readonly speakers = new Map<string, RunningPod>();
  #starts = 0;

  private constructor(cluster: ProcessCluster, objects: readonly ApiObject[], flags: readonly string[]) {
    this.#cluster = cluster;
    this.#objects = objects;
    this.#flags = flags;
  }

  /** Applies the manifests, or a folder of them, and starts two controllers and a speaker on every node. */
  static async install(
    cluster: ProcessCluster,
    kustomization = '.',
    flags: readonly string[] = [],
  ): Promise<HeraldLbProcesses> {
    if (!existsSync(join(DIST, 'controller.mjs'))) throw new Error('dist/ is missing: run npm run build first');
    const objects = await shippedObjects(cluster.controlPlane, kustomization);
    const rest = objects.filter(({ kind }) => !WORKLOADS.includes(kind as string));
    await cluster.controlPlane.apply(rest);
    await cluster.controlPlane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    const processes = new HeraldLbProcesses(cluster, objects, flags);
    await processes.startController();
    await processes.startController();
    await Promise.all(cluster.nodes.map((node) => processes.startSpeaker(node)));
    return processes;
  }

  /** Starts one more replica of the Deployment. @returns its Pod's name */
  async startController(): Promise<string> {
    this.#starts += 1;
    const name = `heraldlb-controller-${this.#starts}`;
    const deployment = shipped(this.#objects, 'Deployment', 'heraldlb-controller');
    const pod = await this.#cluster.addPod({ pod: podOf(deployment, name, CONTROL_PLANE.name) });
    const token = await this.#cluster.controlPlane.api.serviceAccountToken(NAMESPACE, 'heraldlb-controller', {
      expirationSeconds: 3600,
      boundObjectRef: reference(pod.object),
    });
    const kubeconfig = this.#cluster.controlPlane.kubeconfig(name, token);
    const process = this.#run('controller', pod, CONTROL_PLANE, ['--kubeconfig', kubeconfig, ...this.#flags]);
    this.controllers.set(name, { pod, process });
    return name;
  }

  /** Starts the DaemonSet's Pod of a node, with the token that the node's kubelet would fetch for it. */
  async startSpeaker(node: ClusterNode): Promise<RunningPod> {
    this.#starts += 1;
    const name = `heraldlb-speaker-${this.#starts}`;
    const daemonSet = shipped(this.#objects, 'DaemonSet', 'heraldlb-speaker');
    const pod = await this.#cluster.addPod({ pod: podOf(daemonSet, name, node.name), hostNetwork: true });
    const folder = this.#cluster.controlPlane.folder.folder(node.name, name);
    const files = { token: join(folder, 'token'), ca: join(folder, 'ca.crt') };
    mkdirSync(folder, { recursive: true });
    writeFileSync(files.token, await this.speakerToken(pod.object, node));
    // A Pod's containers wait for the ConfigMaps that it mounts.
    const bundle = await this.#cluster.controlPlane.api.until(CA_BUNDLE, (found) => found !== undefined);
    writeFileSync(files.ca, String(bundle?.data['ca.crt']));
    const flags = [
      ...['--controller', await this.#controllerService()],
      ...['--token-file', files.token],
      ...['--ca-file', files.ca],
      ...['--state-dir', this.#stateFolder(node)],
    ];
    const running = { pod, process: this.#run('speaker', pod, node, flags) };
    this.speakers.set(node.name, running);
    return running;
  }

  /** As when its Deployment and DaemonSet are deleted. */
  async stop(): Promise<void> {
    const running = [...this.controllers.values(), ...this.speakers.values()];
    await Promise.all(running.map(({ process }) => process.end('SIGTERM')));
    this.controllers.clear();
    this.speakers.clear();
  }

  /** As when its Pod is deleted and none comes after it. */
  async stopSpeaker(node: ClusterNode): Promise<void> {
    await this.speakers.get(node.name)?.process.end('SIGTERM');
    this.speakers.delete(node.name);
  }

  /** What a node keeps in memory alone is gone with its power. */
  loseMemory(node: ClusterNode): void {
    rmSync(this.#stateFolder(node), { recursive: true, force: true });
  }

  #stateFolder(node: ClusterNode): string {
    return this.#cluster.controlPlane.folder.folder(node.name, 'state');
  }

  /** Fetched as the node's kubelet: NodeRestriction and the Pod's own volumes decide whether it may. */
  speakerToken(pod: ApiObject, node: ClusterNode, change: ApiObject = {}): Promise<string> {
    const { api, credentials } = this.#cluster.controlPlane;
    const kubelet = new Api({ ...api.access, token: credentials.token(`system:node:${node.name}`) });
    return kubelet.serviceAccountToken(NAMESPACE, 'heraldlb-speaker', {
      audiences: ['heraldlb-controller'],
      expirationSeconds: 3600,
      boundObjectRef: reference(pod),
      ...change,
    });
  }

  /** Waits until a replica holds the Lease. @returns its Pod's name @param other a former leader that does not count */
  async leader(other?: string): Promise<string> {
    const names = (lease: ApiObject | undefined): string[] =>
      [...this.controllers.keys()].filter(
        (name) => name !== other && String(lease?.spec?.holderIdentity ?? '').startsWith(name),
      );
    const lease = await this.#cluster.controlPlane.api.until(LEASE, (found) => names(found).length > 0);
    return names(lease)[0] ?? '';
  }

  /** `host:port` of the Service that speakers dial, as their Pods see it. */
  async #controllerService(): Promise<string> {
    const service = await this.#cluster.controlPlane.api.get(
      `/api/v1/namespaces/${NAMESPACE}/services/heraldlb-controller`,
    );
    return `${service.spec.clusterIP}:${service.spec.ports[0].port}`;
  }

  #run(program: 'controller' | 'speaker', pod: PlacedPod, node: ClusterNode, more: readonly string[]): ManagedProcess {
    const { name, address, namespace } = pod;
    const [, ...shippedArguments] = argumentsOf(pod.object);
    const facts = { name, namespace: NAMESPACE, nodeName: node.name, address, hostAddress: node.address };
    return this.#cluster.run({
      name,
      namespace,
      command: [...NODE, join(DIST, `${program}.mjs`), ...shippedArguments, ...more],
      environment: environmentOf(pod.object, facts),
    });
  }
}

function reference(pod: ApiObject): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid };
}
