import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** Where the release build is; to be set where somebody may build anew meanwhile, or to compare two builds. */
const DIST = process.env.HERALDLB_DIST ?? join(ROOT, 'dist');

export type Program = 'controller' | 'speaker';
/** The release's one file, or the sources with all of their modules. */
export type Form = 'bundled' | 'sources';

/** The flags of the image's ENTRYPOINT. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--optimize-for-size'];

/** How the image starts a program of ours. @throws Error when there is no release build */
export function commandOf(program: Program, form: Form): readonly string[] {
  if (form === 'sources') return [...sourceCommand(join(ROOT, 'src', 'cli', 'main.ts')), program];
  const bundle = join(DIST, `${program}.mjs`);
  if (!existsSync(bundle)) throw new Error(`${DIST} is missing: run npm run build first`);
  return [process.execPath, ...NODE_FLAGS, bundle];
}

/** A program of the benchmarks, under the conditions of ours. */
export function sourceCommand(file: string): readonly string[] {
  return [process.execPath, ...NODE_FLAGS, file];
}

/** Size of a file of the release, in KiB. */
export function bundleKib(name: string): number {
  return Math.round(statSync(join(DIST, name)).size / 1024);
}
