import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import type { ApiObject } from '../../kubernetes/api.ts';
import type { Program } from '../../kubernetes/binaries.ts';
import type { ManagedProcess } from '../../kubernetes/managed-process.ts';
import type { PlacedPod, ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { type ClusterNode, CONTROL_PLANE, NODES } from '../../kubernetes/topology.ts';
import { argumentsOf, environmentOf, shipped } from './shipped.ts';

export const METALLB_NAMESPACE = 'metallb-system';

/** Its webhooks need a Service of kind ClusterIP that reaches a Pod; it runs without them as well. */
const WEBHOOKS = 'ValidatingWebhookConfiguration';
const WITHOUT_WEBHOOKS = ['--webhook-mode=disabled', '--disable-cert-rotation'];
const METRICS_PORT = 7472;
const PATIENCE_MS = 60_000;
const MEMBERLIST_KEY = `/api/v1/namespaces/${METALLB_NAMESPACE}/secrets/memberlist`;

type MetalLbProgram = Extract<Program, 'metallb-controller' | 'metallb-speaker'>;

interface MetalLbPod {
  readonly pod: PlacedPod;
  readonly program: MetalLbProgram;
  readonly node: ClusterNode;
}

/** MetalLB as its own manifest installs it, its programs as processes: the real ones, built from its Go module. */
export class MetalLbProcesses {
  readonly #cluster: ProcessCluster;
  readonly #pods: readonly MetalLbPod[];
  /** By program and node. BOUNDED: by the Pods. */
  readonly #running = new Map<string, ManagedProcess>();
  #starts = 0;

  /** What keeps pools from being edited while nothing answers for it: applied by whom it is to be in the way of. */
  readonly webhooks: readonly ApiObject[];

  private constructor(cluster: ProcessCluster, pods: readonly MetalLbPod[], webhooks: readonly ApiObject[]) {
    this.#cluster = cluster;
    this.#pods = pods;
    this.webhooks = webhooks;
  }

  /** Applies the manifest; nothing runs yet. */
  static async install(cluster: ProcessCluster): Promise<MetalLbProcesses> {
    const yaml = readFileSync(cluster.controlPlane.binaries.path('metallb-native.yaml'), 'utf8');
    const all = parseAllDocuments(yaml).map((document) => document.toJS() as ApiObject);
    const webhooks = all.filter(({ kind }) => kind === WEBHOOKS);
    const objects = all.filter((object) => !webhooks.includes(object)).map(withoutConversion);
    await cluster.controlPlane.apply(objects);
    await cluster.controlPlane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    const placed = async (program: MetalLbProgram, workload: ApiObject, node: ClusterNode): Promise<MetalLbPod> => {
      const { metadata, spec } = workload.spec.template as ApiObject;
      const pod = {
        metadata: { ...metadata, name: `${program}-${node.name}`, namespace: METALLB_NAMESPACE },
        spec: { ...spec, nodeName: node.name },
      };
      return {
        program,
        node,
        pod: await cluster.addPod({ pod, hostNetwork: (spec as ApiObject).hostNetwork === true }),
      };
    };
    const speaker = shipped(objects, 'DaemonSet', 'speaker');
    const controller = shipped(objects, 'Deployment', 'controller');
    const pods = [
      await placed('metallb-controller', controller, CONTROL_PLANE),
      ...(await Promise.all(NODES.map((node) => placed('metallb-speaker', speaker, node)))),
    ];
    return new MetalLbProcesses(cluster, pods, webhooks);
  }

  async start(): Promise<void> {
    await this.startController();
    await Promise.all(NODES.map((node) => this.startSpeaker(node)));
  }

  async startController(): Promise<void> {
    await this.#start('metallb-controller', CONTROL_PLANE);
  }

  /** As its Pod of the DaemonSet, which waits for the Secret that it mounts. */
  async startSpeaker(node: ClusterNode): Promise<void> {
    const { controlPlane } = this.#cluster;
    const secret = await controlPlane.api.until(MEMBERLIST_KEY, (found) => found !== undefined);
    const folder = controlPlane.folder.folder('memberlist');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'secretkey'), Buffer.from(String(secret?.data.secretkey), 'base64'));
    await this.#start('metallb-speaker', node, folder);
  }

  stopController(): Promise<void> {
    return this.#stop('metallb-controller', CONTROL_PLANE);
  }

  stopSpeaker(node: ClusterNode): Promise<void> {
    return this.#stop('metallb-speaker', node);
  }

  /** Waits until its speakers announce so many addresses, as their metrics have it. */
  async announces(count: number): Promise<void> {
    const announced = async ({ address }: ClusterNode): Promise<number> => {
      const answer = await fetch(`http://${address}:${METRICS_PORT}/metrics`).catch(() => undefined);
      return (await answer?.text())?.match(/^metallb_speaker_announced\{/gm)?.length ?? 0;
    };
    for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
      const counts = await Promise.all(NODES.map(announced));
      if (counts.reduce((sum, each) => sum + each, 0) >= count) return;
      await sleep(200);
    }
    throw new Error(`MetalLB does not announce ${count} addresses within ${PATIENCE_MS / 1000} s`);
  }

  /** As `kubectl scale` and the DaemonSet's deletion end them. */
  async stop(): Promise<void> {
    await Promise.all([this.stopController(), ...NODES.map((node) => this.stopSpeaker(node))]);
  }

  async #start(program: MetalLbProgram, node: ClusterNode, memberlistKey = ''): Promise<void> {
    const pod = this.#pods.find((each) => each.program === program && each.node === node);
    if (pod === undefined) throw new Error(`MetalLB has no ${program} on ${node.name}`);
    this.#starts += 1;
    this.#running.set(`${program} ${node.name}`, await this.#run(pod, memberlistKey));
    await this.#report();
  }

  async #stop(program: MetalLbProgram, node: ClusterNode): Promise<void> {
    const name = `${program} ${node.name}`;
    await this.#running.get(name)?.end('SIGTERM');
    this.#running.delete(name);
    await this.#report();
  }

  /** As kube-controller-manager and the kubelets would report it. */
  async #report(): Promise<void> {
    const { api } = this.#cluster.controlPlane;
    const path = `/apis/apps/v1/namespaces/${METALLB_NAMESPACE}`;
    const controllers = [...this.#running.keys()].filter((name) => name.startsWith('metallb-controller')).length;
    const speakers = this.#running.size - controllers;
    const status = {
      currentNumberScheduled: speakers,
      desiredNumberScheduled: speakers,
      numberMisscheduled: 0,
      numberReady: speakers,
    };
    const replicas = { replicas: controllers, readyReplicas: controllers };
    await api.patch(`${path}/deployments/controller/status`, { status: replicas });
    // Its Pods may have been left when it was deleted.
    const daemonSet = await api.find(`${path}/daemonsets/speaker`);
    if (daemonSet !== undefined) await api.patch(`${path}/daemonsets/speaker/status`, { status });
  }

  async #run({ pod, program, node }: MetalLbPod, memberlistKey: string): Promise<ManagedProcess> {
    const { controlPlane } = this.#cluster;
    const account = String(pod.object.spec.serviceAccountName);
    const token = await controlPlane.api.serviceAccountToken(METALLB_NAMESPACE, account, { expirationSeconds: 3600 });
    const facts = {
      name: pod.name,
      namespace: METALLB_NAMESPACE,
      nodeName: node.name,
      address: pod.address,
      hostAddress: node.address,
    };
    return this.#cluster.run({
      name: `${pod.name}-${this.#starts}`,
      namespace: pod.namespace,
      command: [
        controlPlane.binaries.path(program),
        ...argumentsOf(pod.object),
        ...(program === 'metallb-controller' ? WITHOUT_WEBHOOKS : []),
      ],
      environment: {
        ...environmentOf(pod.object, facts),
        METALLB_NAMESPACE,
        KUBECONFIG: controlPlane.kubeconfig(pod.name, token),
        ...(memberlistKey === '' ? {} : { METALLB_ML_SECRET_KEY_PATH: memberlistKey }),
      },
    });
  }
}

/** A CRD that converts by a webhook needs one that answers. */
function withoutConversion(object: ApiObject): ApiObject {
  if (object.kind !== 'CustomResourceDefinition') return object;
  const { conversion: _, ...spec } = object.spec as ApiObject;
  return { ...object, spec };
}
