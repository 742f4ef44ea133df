import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeControlGroup } from './control-groups.ts';
import type { ControlPlane } from './control-plane.ts';
import { ManagedProcess, type Spawner } from './managed-process.ts';
import { PAUSE_IMAGE } from './test-images.ts';
import type { ClusterNode } from './topology.ts';

/** Where Debian's containernetworking-plugins are. */
const CNI_PLUGINS = '/usr/lib/cni';
const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/**
 * What the kubelet would set for the whole machine. A node sees files with these values instead: the kubelet finds what it
 * wants and leaves the machine alone.
 */
const KERNEL_SETTINGS: readonly (readonly [file: string, value: string])[] = [
  ['vm/overcommit_memory', '1'],
  ['vm/panic_on_oom', '0'],
  ['kernel/panic', '10'],
  ['kernel/panic_on_oops', '1'],
  ['kernel/keys/root_maxkeys', '1000000'],
  ['kernel/keys/root_maxbytes', '25000000'],
];

export interface PodNodeParts {
  readonly node: ClusterNode;
  readonly spawn: Spawner;
  /** Image archives, imported when the node boots for the first time. */
  readonly images: readonly string[];
}

/**
 * A node that runs Pods: containerd and kubelet in a network, mount and process namespace of their own. Process 1 of the
 * node's namespace is its boot script: when that is killed, everything on the node ends at one instant.
 */
export class PodNode {
  readonly node: ClusterNode;
  readonly #controlPlane: ControlPlane;
  readonly #parts: PodNodeParts;
  readonly #group: NodeControlGroup;
  readonly #folder: string;
  #machine: ManagedProcess | undefined;

  private constructor(controlPlane: ControlPlane, parts: PodNodeParts, group: NodeControlGroup) {
    this.node = parts.node;
    this.#controlPlane = controlPlane;
    this.#parts = parts;
    this.#group = group;
    this.#folder = controlPlane.folder.folder(parts.node.name);
  }

  static async create(controlPlane: ControlPlane, parts: PodNodeParts): Promise<PodNode> {
    const node = new PodNode(controlPlane, parts, await NodeControlGroup.create(parts.node.name));
    node.#writeConfiguration();
    return node;
  }

  /** Also after its power was cut: images and volumes are still there. */
  boot(): void {
    const { name } = this.node;
    this.#machine = new ManagedProcess(
      {
        name,
        command: [
          ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
          ...['sh', join(this.#folder, 'boot.sh')],
        ],
        logFile: this.#controlPlane.folder.log(name),
      },
      this.#parts.spawn,
    );
  }

  /** Waits until the API calls the node Ready. */
  async ready(): Promise<void> {
    if (this.#machine === undefined) throw new Error(`${this.node.name} was not booted`);
    await this.#machine.until('Ready', async () => {
      const node = await this.#controlPlane.api.find(`/api/v1/nodes/${this.node.name}`);
      const conditions = (node?.status?.conditions ?? []) as { type: string; status: string }[];
      return conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? true : undefined;
    });
  }

  /** Ends every process of the node, its Pods' included, without a word. */
  async cutPower(): Promise<void> {
    await this.#machine?.end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutPower();
    await this.#group[Symbol.asyncDispose]();
  }

  #writeConfiguration(): void {
    const write = (name: string, content: string | object): void =>
      writeFileSync(join(this.#folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    write('boot.sh', this.#bootScript());
    write('containerd.toml', CONTAINERD_CONFIG);
    write('cni.conflist', this.#networkConfiguration());
    write('kubelet.json', kubeletConfiguration(this.#group.path));
    for (const [file, value] of KERNEL_SETTINGS) write(file.replaceAll('/', '.'), `${value}\n`);
  }

  /** The node gets folders of its own where containerd, kubelet and CNI plugins keep state; those on its disk outlive a power cut. */
  #bootScript(): string {
    const disk = this.#folder;
    const { binaries, folder } = this.#controlPlane;
    return `set -eu
mount --make-rprivate /
mkdir -p ${disk}/var/lib
mount --bind ${disk}/var/lib /var/lib
mount --bind ${folder.logFolder(this.node.name)} /var/log
for folder in /run/containerd /run/netns /run/heraldlb; do mkdir -p $folder; mount -t tmpfs tmpfs $folder; done
mkdir -p /var/lib/cni-conf
cp ${disk}/cni.conflist /var/lib/cni-conf/10-pods.conflist
${KERNEL_SETTINGS.map(([file]) => `mount --bind ${disk}/${file.replaceAll('/', '.')} /proc/sys/${file}`).join('\n')}
mount --make-rshared /
containerd --config ${disk}/containerd.toml &
until ctr --address ${CONTAINERD_SOCKET} version >/dev/null 2>&1; do sleep 0.05; done
if [ ! -e /var/lib/images-imported ]; then
  for image in ${this.#parts.images.join(' ')}; do
    ctr --address ${CONTAINERD_SOCKET} --namespace k8s.io images import "$image"
  done
  touch /var/lib/images-imported
fi
${binaries.path('kubelet')} --config=${disk}/kubelet.json --kubeconfig=${this.#controlPlane.kubeconfig(`system:node:${this.node.name}`)} \\
  --root-dir=/var/lib/kubelet --cert-dir=/var/lib/kubelet/pki --hostname-override=${this.node.name} \\
  --node-ip=${this.node.address} &
wait
`;
  }

  #networkConfiguration(): object {
    return {
      cniVersion: '0.4.0',
      name: 'pods',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          hairpinMode: true,
          ipam: { type: 'host-local', ranges: [[{ subnet: this.node.podCidr }]], routes: [{ dst: '0.0.0.0/0' }] },
        },
      ],
    };
  }
}

const CONTAINERD_CONFIG = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd/state"
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Who runs the tests may lack CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${CNI_PLUGINS}"
  conf_dir = "/var/lib/cni-conf"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
`;

function kubeletConfiguration(controlGroup: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // The kubelet's own API is reachable from the test LAN only.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: controlGroup,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    resolvConf: '',
    volumePluginDir: '/var/lib/kubelet/volumeplugins',
    podLogsDir: '/var/log/pods',
    evictionHard: { 'memory.available': '10Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // The tests wait for what a kubelet reports.
    nodeStatusUpdateFrequency: '2s',
    syncFrequency: '10s',
  };
}
