import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The version that is built, and that the binaries say they are. */
const KUBERNETES_VERSION = 'v1.34.4';

/** What pins the programs of a module, by its folder: each is built anew only when its own pins change. */
const PINS = {
  '.': ['go.mod', 'go.sum'],
  tools: ['go.mod', 'go.sum', 'page/main.go', 'pause/main.go'],
  helm: ['go.mod', 'go.sum'],
  metallb: ['go.mod', 'go.sum'],
} as const;

type Module = keyof typeof PINS;

/** Go packages by the name of the program that each becomes, and the folder of the module that pins them. */
const PROGRAMS = {
  etcd: { module: '.', package: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  'kube-scheduler': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  'kube-proxy': { module: '.', package: 'k8s.io/kubernetes/cmd/kube-proxy' },
  kubelet: { module: '.', package: 'k8s.io/kubernetes/cmd/kubelet' },
  kubectl: { module: '.', package: 'k8s.io/kubernetes/cmd/kubectl' },
  grpcurl: { module: 'tools', package: 'github.com/fullstorydev/grpcurl/cmd/grpcurl' },
  page: { module: 'tools', package: './page' },
  pause: { module: 'tools', package: './pause' },
  helm: { module: 'helm', package: 'helm.sh/helm/v3/cmd/helm' },
  'metallb-controller': { module: 'metallb', package: 'go.universe.tf/metallb/controller' },
  'metallb-speaker': { module: 'metallb', package: 'go.universe.tf/metallb/speaker' },
} as const satisfies Record<string, { readonly module: Module; readonly package: string }>;

/** What lies in a package's folder and is kept beside the programs: the Go module cache may be gone when they run. */
const FILES = {
  'metallb-native.yaml': {
    module: 'metallb',
    package: 'go.universe.tf/metallb/controller',
    file: '../config/manifests/metallb-native.yaml',
  },
} as const satisfies Record<string, { readonly module: Module; readonly package: string; readonly file: string }>;

export type Program = keyof typeof PROGRAMS;
export type ProgramFile = keyof typeof FILES;

const MODULES = ['.', 'tools', 'helm', 'metallb'] as const satisfies readonly Module[];

const LINKER_FLAGS = [
  '-s -w',
  `-X k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION}`,
  `-X k8s.io/client-go/pkg/version.gitVersion=${KUBERNETES_VERSION}`,
].join(' ');

const PROGRESS_EVERY_MS = 15_000;

/** Real Kubernetes, built from its Go modules. */
export interface KubernetesBinaries {
  /** Absolute path of a program, or of a file that belongs to one. */
  path(program: Program | ProgramFile): string;
}

/** The folder that outlives a run: the environment's `HERALDLB_CACHE`, else `.cache` in the checkout. */
export function cacheFolder(): string {
  return process.env.HERALDLB_CACHE ?? join(import.meta.dirname, '..', '..', '.cache');
}

/**
 * Builds the programs, or finds them built from the same pins. The first time takes minutes.
 * @throws Error that says what to install when there is no Go
 */
export async function ensureKubernetesBinaries(log: (line: string) => void): Promise<KubernetesBinaries> {
  const folders = new Map<Module, string>();
  for (const module of MODULES) {
    const name = module === '.' ? KUBERNETES_VERSION : module;
    const folder = join(cacheFolder(), 'kubernetes', `${name}-${await pinHash(module)}`);
    if (!(await exists(folder))) await build(module, folder, log);
    folders.set(module, folder);
  }
  const all = { ...PROGRAMS, ...FILES };
  return { path: (name) => join(folders.get(all[name].module) ?? '', name) };
}

async function build(module: Module, folder: string, log: (line: string) => void): Promise<void> {
  await requireGo();
  await mkdir(join(folder, '..'), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.building-`);
  const startedAtMs = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - startedAtMs) / 1000)} s`;
  const sources = Object.entries(PROGRAMS).filter(([, source]) => source.module === module);
  try {
    for (const [index, [program, source]] of sources.entries()) {
      const title = `building ${program} (${index + 1} of ${sources.length})`;
      log(title);
      const progress = setInterval(() => log(`${title}: ${seconds()} since the start`), PROGRESS_EVERY_MS);
      try {
        await goBuild(source, join(unfinished, program));
      } finally {
        clearInterval(progress);
      }
    }
    for (const [name, source] of Object.entries(FILES).filter(([, { module: of }]) => of === module))
      await copyFile(join(await packageFolder(source), source.file), join(unfinished, name));
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another process built the same meanwhile.
      if (!(await exists(folder))) throw error;
    });
    log(`${sources.map(([program]) => program).join(', ')}: built (${seconds()}) into ${folder}`);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function goBuild(source: { readonly module: string; readonly package: string }, output: string): Promise<void> {
  const args = ['build', '-trimpath', '-ldflags', LINKER_FLAGS, '-o', output, source.package];
  const { code, errors } = await go(args, join(import.meta.dirname, source.module));
  if (code !== 0) throw new Error(`go build ${source.package} failed:\n${errors}`);
}

async function packageFolder(source: { readonly module: string; readonly package: string }): Promise<string> {
  const { code, output, errors } = await go(
    ['list', '-f', '{{.Dir}}', source.package],
    join(import.meta.dirname, source.module),
  );
  if (code !== 0) throw new Error(`go list ${source.package} failed:\n${errors}`);
  return output.trim();
}

async function requireGo(): Promise<void> {
  const { code } = await go(['version'], import.meta.dirname);
  if (code !== 0) {
    throw new Error(
      'Go is missing: real Kubernetes is built from its Go modules. Install Go 1.21 or newer (https://go.dev/doc/install) and put it on the PATH',
    );
  }
}

interface GoResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function go(args: readonly string[], cwd: string): Promise<GoResult> {
  const child = spawn('go', args, {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, output, errors: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output, errors }));
  });
}

async function pinHash(module: Module): Promise<string> {
  const hash = createHash('sha256').update(LINKER_FLAGS);
  for (const pin of PINS[module]) hash.update(await readFile(join(import.meta.dirname, module, pin)));
  return hash.digest('hex').slice(0, 12);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
