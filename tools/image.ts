// `node tools/image.ts [ARCHIVE]`: the image that the Dockerfile makes, from local files and without a registry: the Node of
// this checkout with the libraries that it needs, and dist/. Prints the archive's path.
import { execFile } from 'node:child_process';
import { access, copyFile, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { writeImageArchive } from './image-archive.ts';
import { NODE_ENVIRONMENT, NODE_FLAGS } from './node-flags.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/** Must be what manifests/ and the Dockerfile say. */
export const IMAGE = 'ghcr.io/heraldlb/heraldlb:0.1.0';

/** What is in the image; elsewhere as for tools/build.ts. */
const DIST = process.env.HERALDLB_DIST ?? join(root, 'dist');

export interface ImageContent {
  readonly dist: string;
  readonly name: string;
}

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const COMMANDS = ['controller', 'speaker', 'heraldlb'];
const NONROOT = '65532';

/** @returns the path of the archive */
export async function buildImage(
  archive = join(DIST, 'image.tar'),
  { dist, name }: ImageContent = { dist: DIST, name: IMAGE },
): Promise<string> {
  await access(join(dist, 'controller.mjs')).catch(() => {
    throw new Error('dist/ is missing: run "npm run build" first');
  });
  const image = await mkdtemp(join(tmpdir(), 'heraldlb-image-'));
  try {
    await addNode(image);
    await cp(dist, join(image, 'heraldlb'), { recursive: true, filter: (path) => !path.includes('image.tar') });
    for (const command of COMMANDS) await symlink(`${command}.mjs`, join(image, 'heraldlb', command));
    await addSystemFiles(image);
    await writeImageArchive(archive, name, image, {
      entrypoint: ['/usr/local/bin/node', ...NODE_FLAGS],
      command: ['controller'],
      environment: [
        'PATH=/usr/local/bin:/usr/bin:/bin',
        ...Object.entries(NODE_ENVIRONMENT).map(([name, value]) => `${name}=${value}`),
      ],
      workingDirectory: '/heraldlb',
      user: `${NONROOT}:${NONROOT}`,
    });
    return archive;
  } finally {
    await rm(image, { recursive: true, force: true });
  }
}

/** The node binary, and every shared library that the loader would look for. */
async function addNode(image: string): Promise<void> {
  const node = await realpath(join(root, 'node_modules', 'node', 'bin', 'node'));
  await place(node, join(image, 'usr/local/bin/node'));
  await run('strip', [join(image, 'usr/local/bin/node')]).catch(() => {
    // Without binutils the image is larger, and the same otherwise.
  });
  const { stdout } = await run('ldd', [node]);
  const libraries = stdout.matchAll(/(\/\S+) \(0x/g);
  for (const [, library = ''] of libraries) await place(await realpath(library), join(image, library));
}

async function addSystemFiles(image: string): Promise<void> {
  await mkdir(join(image, 'etc'), { recursive: true });
  await mkdir(join(image, 'tmp'), { mode: 0o1777 });
  await writeFile(
    join(image, 'etc/passwd'),
    `root:x:0:0:root:/:/sbin/nologin\nnonroot:x:${NONROOT}:${NONROOT}:nonroot:/:/sbin/nologin\n`,
  );
  await writeFile(join(image, 'etc/group'), `root:x:0:\nnonroot:x:${NONROOT}:\n`);
  await place(CERTIFICATES, join(image, CERTIFICATES)).catch(() => {
    // The program trusts only the cluster's own authorities: these are for who looks around in the container.
  });
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

if (import.meta.main) console.log(await buildImage(process.argv[2]));
