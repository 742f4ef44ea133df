import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './binaries.ts';

const run = promisify(execFile);

/** Go modules of which files are read and nothing is built: with the hash that Go's checksum database has of them. */
const MODULES = {
  'argo-cd': {
    at: 'github.com/argoproj/argo-cd/v3@v3.1.0',
    sum: 'h1:2+gPskQKCyPC9DzRSWQ1AvmS3WiIlRR7bKz/FO3DozI=',
    files: ['manifests/crds/application-crd.yaml'],
  },
  'flux-helm': {
    at: 'github.com/fluxcd/helm-controller@v1.4.0',
    sum: 'h1:rkm8rmB6Na7eNc4pJOnvtXEaJ19iKluRtayHKjBxcUM=',
    files: ['config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml'],
  },
  'flux-source': {
    at: 'github.com/fluxcd/source-controller@v1.3.0',
    sum: 'h1:4rwvl3e2LJqeJIK7lrVl/DhGwaFtqDiS+EEJ9l2zxNw=',
    files: ['config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml'],
  },
  metallb: {
    at: 'go.universe.tf/metallb@v0.15.2',
    sum: 'h1:r7KDgJtk3KZe3qb36zRVrVCYHxLR03nPGT+qFXOomJM=',
    files: ['charts/metallb'],
  },
} as const;

export type FileModule = keyof typeof MODULES;

/**
 * Paths of a module's files and folders, from the module proxy the first time.
 * @throws Error when the proxy has not the module, or another one
 */
export async function moduleFiles(name: FileModule): Promise<readonly string[]> {
  const { at, sum, files } = MODULES[name];
  const folder = join(cacheFolder(), 'kubernetes', `files-${name}-${at.split('@')[1]}`);
  if (!(await exists(folder))) await fetchFiles({ at, sum, files }, folder);
  return files.map((file) => join(folder, file));
}

async function fetchFiles(
  { at, sum, files }: { readonly at: string; readonly sum: string; readonly files: readonly string[] },
  folder: string,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.fetching-`);
  try {
    // In a folder without a go.mod: what this module itself depends on is not wanted.
    const options = { cwd: unfinished, env: { ...process.env, GOWORK: 'off', GOFLAGS: '' } };
    const { stdout } = await run('go', ['mod', 'download', '-json', at], options);
    const { Dir: source, Sum: found } = JSON.parse(stdout) as { readonly Dir: string; readonly Sum: string };
    if (found !== sum) throw new Error(`${at} is not what it was: ${found}, not ${sum}`);
    for (const file of files) await cp(join(source, file), join(unfinished, file), { recursive: true });
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another process fetched the same meanwhile.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
