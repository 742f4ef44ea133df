import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Api, type ApiObject } from './api.ts';
import { ensureKubernetesBinaries, type KubernetesBinaries, type Program } from './binaries.ts';
import { Credentials } from './credentials.ts';
import { runHelm, runKubectl } from './kubectl.ts';
import { ManagedProcess, type Spawner, spawnHere } from './managed-process.ts';
import { RunFolder } from './run-folder.ts';

export const SERVICE_CIDR = '10.96.0.0/16';
export const POD_CIDR = '10.244.0.0/16';

export interface ControlPlaneOptions {
  /** Names the folder of its logs. */
  readonly name: string;
  /** Where it runs. Absent: on the loopback of this process, on free ports. */
  readonly host?: { readonly address: string; readonly spawn: Spawner };
  /** Nodes that get a user of their own, `system:node:NAME`. */
  readonly nodes?: readonly string[];
  /** `--controllers` of a kube-controller-manager. Absent: none runs. */
  readonly controllers?: string;
  /** Whether a kube-scheduler runs. */
  readonly scheduler?: boolean;
  readonly log?: (line: string) => void;
}

interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/**
 * Starts a real etcd and kube-apiserver, with RBAC, NodeRestriction and ServiceAccount tokens; with kube-controller-manager
 * and kube-scheduler when they are asked for.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const binaries = await ensureKubernetesBinaries(options.log ?? console.log);
  const controlPlane = new ControlPlane(options, {
    binaries,
    folder: await RunFolder.create(options.name),
    ports: await freePorts(),
  });
  try {
    await controlPlane.start();
  } catch (error) {
    await controlPlane[Symbol.asyncDispose]();
    throw error;
  }
  return controlPlane;
}

/** A running control plane; `await using` ends it. */
export class ControlPlane {
  readonly binaries: KubernetesBinaries;
  readonly folder: RunFolder;
  /** `https://address:port` */
  readonly url: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile: string;
  readonly credentials: Credentials;
  readonly #options: ControlPlaneOptions;
  readonly #ports: Ports;
  readonly #address: string;
  /** In the order in which they started. BOUNDED: by the components of a control plane. */
  readonly #others: ManagedProcess[] = [];
  #apiServer: ManagedProcess | undefined;
  #api: Api | undefined;

  constructor(
    options: ControlPlaneOptions,
    parts: { readonly binaries: KubernetesBinaries; readonly folder: RunFolder; readonly ports: Ports },
  ) {
    this.#options = options;
    this.binaries = parts.binaries;
    this.folder = parts.folder;
    this.#ports = parts.ports;
    this.#address = options.host?.address ?? '127.0.0.1';
    this.url = `https://${this.#address}:${parts.ports.api}`;
    this.credentials = new Credentials(this.folder.folder('credentials'), options.nodes ?? []);
    this.caFile = join(this.folder.folder('kube-apiserver'), 'apiserver.crt');
  }

  /** The API as `system:masters`. */
  get api(): Api {
    if (this.#api === undefined) throw new Error('the control plane has not started');
    return this.#api;
  }

  async start(): Promise<void> {
    this.#startEtcd();
    await this.startApiServer();
    if (this.#options.controllers !== undefined) this.#startControllerManager(this.#options.controllers);
    if (this.#options.scheduler === true) this.#startScheduler();
  }

  /** Starts kube-apiserver, also after it was stopped, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const certificates = this.folder.folder('kube-apiserver');
    const server = this.#start('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      `--bind-address=${this.#address}`,
      `--advertise-address=${this.#address}`,
      `--secure-port=${this.#ports.api}`,
      `--cert-dir=${certificates}`,
      `--token-auth-file=${this.credentials.tokenFile}`,
      '--anonymous-auth=true',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.credentials.verifyingKeyFile}`,
      `--service-account-signing-key-file=${this.credentials.signingKeyFile}`,
      '--allow-privileged=true',
      '--kubelet-preferred-address-types=InternalIP',
      // An address on the loopback cannot be an endpoint of the Service `kubernetes`.
      ...(this.#options.host === undefined ? ['--endpoint-reconciler-type=none'] : []),
    ]);
    this.#apiServer = server;
    this.#api = await server.until('the certificate of kube-apiserver', async () => {
      const ca = await readFile(this.caFile, 'utf8');
      return ca.includes('END CERTIFICATE')
        ? new Api({ url: this.url, ca, token: this.credentials.adminToken })
        : undefined;
    });
    await server.until('readiness', async () => ((await this.api.ready()) ? true : undefined));
  }

  async stopApiServer(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#apiServer?.end(signal);
  }

  /** A kubeconfig file. @param token of somebody else than the users of this control plane */
  kubeconfig(user: string, token?: string): string {
    return this.credentials.kubeconfig(user, { url: this.url, caFile: this.caFile }, token);
  }

  /** Runs the real kubectl as `system:masters`. @returns what it printed */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return runKubectl(this.binaries, { kubeconfig: this.kubeconfig('admin'), args, input });
  }

  /** Runs the real Helm as `system:masters`. @returns what it printed */
  helm(args: readonly string[]): Promise<string> {
    return runHelm(this.binaries, { kubeconfig: this.kubeconfig('admin'), args });
  }

  /** `kubectl apply`, for objects. */
  async apply(objects: readonly ApiObject[]): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#others.slice(1).map((each) => each.end('SIGKILL')));
    await this.#apiServer?.end('SIGKILL');
    await this.#others[0]?.end('SIGKILL');
    await this.folder[Symbol.asyncDispose]();
  }

  #startEtcd(): void {
    const client = `http://127.0.0.1:${this.#ports.etcd}`;
    const peer = `http://127.0.0.1:${this.#ports.etcdPeer}`;
    this.#others.push(
      this.#start('etcd', [
        `--data-dir=${this.folder.folder('etcd')}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
        '--unsafe-no-fsync',
        '--log-level=warn',
      ]),
    );
  }

  #startControllerManager(controllers: string): void {
    const kubeconfig = this.kubeconfig('system:kube-controller-manager');
    this.#others.push(
      this.#start('kube-controller-manager', [
        `--kubeconfig=${kubeconfig}`,
        '--use-service-account-credentials=true',
        `--service-account-private-key-file=${this.credentials.signingKeyFile}`,
        `--root-ca-file=${this.caFile}`,
        `--controllers=${controllers}`,
        '--leader-elect=false',
        // At its start it asks for a token for each of its controllers.
        '--kube-api-qps=500',
        '--kube-api-burst=500',
        '--bind-address=127.0.0.1',
        `--secure-port=${this.#ports.controllerManager}`,
      ]),
    );
  }

  #startScheduler(): void {
    this.#others.push(
      this.#start('kube-scheduler', [
        `--kubeconfig=${this.kubeconfig('system:kube-scheduler')}`,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        `--secure-port=${this.#ports.scheduler}`,
      ]),
    );
  }

  #start(program: Program, args: readonly string[]): ManagedProcess {
    return new ManagedProcess(
      {
        name: program,
        command: [this.binaries.path(program), ...args],
        logFile: this.folder.log(program),
        // A cluster is small here: what Go's collector saves in memory, the tests need as processor time.
        environment: { GOGC: '200' },
      },
      this.#options.host?.spawn ?? spawnHere,
    );
  }
}

async function freePorts(): Promise<Ports> {
  const [etcd, etcdPeer, api, controllerManager, scheduler] = await Promise.all([1, 2, 3, 4, 5].map(() => freePort()));
  if (!etcd || !etcdPeer || !api || !controllerManager || !scheduler) throw new Error('no free port');
  return { etcd, etcdPeer, api, controllerManager, scheduler };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
