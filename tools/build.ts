// The release build: dist/controller.mjs, dist/speaker.mjs with its packet Worker and the native addon that it loads, dist/heraldlb.mjs.
import { chmod, cp, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
/** Elsewhere where a benchmark is to run on a build that nobody replaces meanwhile. */
const out = process.env.HERALDLB_DIST ?? join(root, 'dist');

/** CommonJS dependencies call require(); koffi looks for its addon below resourcesPath, which chunks are one step away from. */
const BANNER = [
  "import { createRequire as heraldCreateRequire } from 'node:module';",
  'const require = heraldCreateRequire(import.meta.url);',
  "process.resourcesPath ??= import.meta.dirname.replace(/.chunks$/, '');",
].join('');

/** An import of node:http reads all that it exports, and so loads Node's own fetch client, 2.5 MiB; require() does not. */
const httpByRequire: Plugin = {
  name: 'http-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'by-require' } : { path, external: true },
    );
    onLoad({ filter: /.*/, namespace: 'by-require' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

await rm(out, { recursive: true, force: true });
const shape: BuildOptions = {
  absWorkingDir: root,
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // What is imported only when needed (the exec plugins of a kubeconfig) stays out of memory: it goes into a file of its own.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  minify: true,
  keepNames: false,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  mainFields: ['module', 'main'],
  conditions: ['import', 'node'],
  legalComments: 'none',
  banner: { js: BANNER },
  plugins: [httpByRequire],
  define: { 'process.env.NODE_ENV': '"production"' },
};
// One by one, so that each is whole in its file and nothing is shared.
for (const name of ['controller', 'speaker', 'packet-worker', 'bfd-worker'])
  await build({ ...shape, entryPoints: [`src/cli/${name}.ts`] });

// What people run on their own machine: one file that needs nothing beside it.
await build({
  ...shape,
  splitting: false,
  entryPoints: { heraldlb: 'src/cli/people.ts' },
  banner: { js: `#!/usr/bin/env node\n${BANNER}` },
  // Older Nodes than ours do not know it, and there is no other module to be.
  define: {
    ...shape.define,
    'import.meta.main': 'true',
    SHIPPED_MANIFESTS: JSON.stringify(await readFile(join(root, 'manifests', 'heraldlb.yaml'), 'utf8')),
  },
});
await chmod(join(out, 'heraldlb.mjs'), 0o755);

const triplet = `linux_${process.arch}`;
const addon = join(
  dirname(createRequire(import.meta.url).resolve(`@koromix/koffi-linux-${process.arch}/package.json`)),
  triplet,
);
await cp(addon, join(out, 'koffi', triplet), { recursive: true });

for (const file of [
  'controller.mjs',
  'speaker.mjs',
  'packet-worker.mjs',
  'bfd-worker.mjs',
  'heraldlb.mjs',
  `koffi/${triplet}/koffi.node`,
]) {
  const { size } = await stat(join(out, file));
  console.log(`${(size / 1024 / 1024).toFixed(2).padStart(6)} MiB  ${join(out, file)}`);
}
