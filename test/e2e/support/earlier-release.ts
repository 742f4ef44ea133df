import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildImage, IMAGE } from '../../../tools/image.ts';
import { ROOT } from './shipped.ts';

const run = promisify(execFile);

/** The commit that is upgraded from. */
const COMMIT = process.env.HERALDLB_UPGRADE_FROM ?? 'HEAD~1';
export const EARLIER_TAG = 'earlier';

/** What an earlier commit shipped: `await using` removes it. */
export interface EarlierRelease extends AsyncDisposable {
  /** Folder of its chart. */
  readonly chart: string;
  /** Archive of its image, with the tag EARLIER_TAG. */
  readonly image: string;
}

/** Builds an earlier commit. @returns undefined in a checkout without history */
export async function buildEarlierRelease(): Promise<EarlierRelease | undefined> {
  const { stdout } = await run('git', ['-C', ROOT, 'rev-parse', '--verify', COMMIT]).catch(() => ({ stdout: '' }));
  const commit = stdout.trim();
  if (commit === '') return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'heraldlb-earlier-'));
  const source = join(folder, 'source');
  const dist = join(folder, 'dist');
  await mkdir(source);
  await run('sh', ['-c', `git -C '${ROOT}' archive ${commit} | tar -x -C '${source}'`]);
  await symlink(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  await run(process.execPath, [join(source, 'tools', 'build.ts')], { env: { ...process.env, HERALDLB_DIST: dist } });
  const name = IMAGE.replace(/:[^:]+$/, `:${EARLIER_TAG}`);
  return {
    chart: join(source, 'manifests', 'chart'),
    image: await buildImage(join(folder, 'image.tar'), { dist, name }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
