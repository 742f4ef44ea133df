import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ControlPlane } from '../../kubernetes/control-plane.ts';
import { DIST, ROOT } from './shipped.ts';

const run = promisify(execFile);

/** A `PATH` with the real kubectl and Helm, and our own command, of which all see the cluster. */
export function commandPath(controlPlane: ControlPlane): string {
  const { binaries, folder } = controlPlane;
  const bin = folder.folder('bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(folder.folder('home'), { recursive: true });
  const kubeconfig = controlPlane.kubeconfig('admin');
  const write = (name: string, program: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\nKUBECONFIG=${kubeconfig} exec ${program} "$@"\n`, { mode: 0o755 });
  write('kubectl', binaries.path('kubectl'));
  write('helm', binaries.path('helm'));
  for (const name of ['heraldlb', 'kubectl-heraldlb']) write(name, `${process.execPath} ${join(DIST, 'heraldlb.mjs')}`);
  return `${bin}:${process.env.PATH}`;
}

/** The commands of a page's blocks `sh elsewhere KEY`, block by block. */
export function documentedCommands(page: string, key: string): readonly (readonly string[])[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(new RegExp(`^ *\`\`\`sh elsewhere ${key}\n([\\s\\S]*?)^ *\`\`\``, 'gm'))];
  return blocks.map(([, content = '']) => content.split('\n').flatMap((line) => line.trim() || []));
}

/** Types commands one after the other. @throws Error with what the first that fails said */
export async function type(controlPlane: ControlPlane, commands: readonly string[]): Promise<void> {
  const env = { PATH: commandPath(controlPlane), HOME: controlPlane.folder.folder('home') };
  for (const command of commands) await run('sh', ['-c', command], { cwd: ROOT, env, timeout: 60_000 });
}
