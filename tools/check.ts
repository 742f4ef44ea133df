// Everything that has to hold before a change lands, in the order in which a mistake is found soonest.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const bin = (name: string): string => join(import.meta.dirname, '..', 'node_modules', '.bin', name);

const STEPS: readonly (readonly [title: string, command: readonly string[]])[] = [
  ['types', [bin('tsc'), '--noEmit']],
  ['format and lint', [bin('biome'), 'ci', '--error-on-warnings', '.']],
  ['lint with types', [bin('eslint'), '--max-warnings', '0', 'src', 'test', 'bench', 'tools']],
  ['arrows', [bin('depcruise'), 'src', 'test', 'bench', 'tools', '--config', '.dependency-cruiser.cjs']],
  ['dead code', [bin('knip')]],
  ['generated files', [process.execPath, 'tools/generate.ts', '--check']],
  ['release build', [process.execPath, 'tools/build.ts']],
  ['all tests', [process.execPath, 'tools/test.ts', 'unit', 'integration', 'net', 'interop', 'e2e']],
];

/** How much more than in everyday runs is tried. */
const THOROUGH = { MUTATIONS: '1000000', BGP_MUTATIONS: '1000000' };

for (const [title, command] of STEPS) {
  const startedAt = Date.now();
  console.log(`\n── ${title}`);
  const code = await run(command);
  if (code !== 0) {
    console.log(`── ${title}: failed`);
    process.exit(code);
  }
  // The tests come last, and their count is to be the last line.
  if (title !== 'all tests') console.log(`── ${title}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

function run([program = '', ...args]: readonly string[]): Promise<number> {
  const env = { ...process.env, ...THOROUGH };
  const child = spawn(program, args, { stdio: 'inherit', cwd: join(import.meta.dirname, '..'), env });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
