import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a container of the image runs, unless its Pod says otherwise. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: readonly string[];
  readonly workingDirectory?: string;
  /** `uid:gid` */
  readonly user?: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Writes an image with one layer, as `docker save` writes it: for `ctr images import`, `k3s ctr images import`,
 * `docker load`. The same files give the same image.
 * @param rootFolder what the image's root shall hold
 * @param name with its tag
 */
export async function writeImageArchive(
  archive: string,
  name: string,
  rootFolder: string,
  config: ImageConfig,
): Promise<void> {
  await mkdir(dirname(archive), { recursive: true });
  const work = await mkdtemp(`${archive}.writing-`);
  try {
    await tar(join(work, 'layer.tar'), rootFolder, ['.']);
    const layer = await sha256(join(work, 'layer.tar'));
    await writeFile(join(work, 'config.json'), JSON.stringify(imageConfig(config, layer)));
    await writeFile(
      join(work, 'manifest.json'),
      JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]),
    );
    await tar(join(work, 'image.tar'), work, ['manifest.json', 'config.json', 'layer.tar']);
    await rename(join(work, 'image.tar'), archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @see OCI image specification, config.md */
function imageConfig(config: ImageConfig, layerSha256: string): object {
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      Entrypoint: config.entrypoint,
      ...(config.command === undefined ? {} : { Cmd: config.command }),
      ...(config.environment === undefined ? {} : { Env: config.environment }),
      ...(config.workingDirectory === undefined ? {} : { WorkingDir: config.workingDirectory }),
      ...(config.user === undefined ? {} : { User: config.user }),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerSha256}`] },
  };
}

async function tar(output: string, folder: string, names: readonly string[]): Promise<void> {
  const sameBytesEachTime = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', [...sameBytesEachTime, '-C', folder, '-cf', output, ...names]);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
