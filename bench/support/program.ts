import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../tools/node-flags.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Where the release build is; to be set where somebody may build anew meanwhile, or to compare two builds. */
const DIST = process.env.HERALDLB_DIST ?? join(ROOT, 'dist');

export type Program = 'controller' | 'speaker';
/** The release's one file, or the sources with all of their modules. */
export type Form = 'bundled' | 'sources';

/**
 * How the image starts a program of ours, with `HERALDLB_NODE_OPTIONS=--cpu-prof` and the like besides.
 * @throws Error when there is no release build
 */
export function commandOf(program: Program, form: Form): readonly string[] {
  if (form === 'sources') return [...sourceCommand(join(ROOT, 'src', 'cli', 'main.ts')), program];
  const bundle = join(DIST, `${program}.mjs`);
  if (!existsSync(bundle)) throw new Error(`${DIST} is missing: run npm run build first`);
  return [...started(), bundle];
}

/** A program of the benchmarks, under the conditions of ours. */
export function sourceCommand(file: string): readonly string[] {
  return [...started(), file];
}

function started(): readonly string[] {
  const environment = { ...NODE_ENVIRONMENT, NODE_OPTIONS: process.env.HERALDLB_NODE_OPTIONS ?? '' };
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['/usr/bin/env', ...variables, process.execPath, ...NODE_FLAGS];
}

/** Size of a file of the release, in KiB. */
export function bundleKib(name: string): number {
  return Math.round(statSync(join(DIST, name)).size / 1024);
}
