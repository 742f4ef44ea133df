import { spawn } from 'node:child_process';
import type { KubernetesBinaries } from './binaries.ts';

export interface KubectlCall {
  readonly kubeconfig: string;
  readonly args: readonly string[];
  /** For `-f -`. */
  readonly input?: string | undefined;
}

/** Runs the real kubectl. @returns what it printed @throws Error with what it complained of */
export function runKubectl(binaries: KubernetesBinaries, call: KubectlCall): Promise<string> {
  return run(binaries.path('kubectl'), ['--kubeconfig', call.kubeconfig, ...call.args], call.input);
}

/** Runs the real Helm; without a kubeconfig it sees no cluster. @returns what it printed @throws Error with what it complained of */
export function runHelm(
  binaries: KubernetesBinaries,
  call: { readonly kubeconfig?: string; readonly args: readonly string[] },
): Promise<string> {
  return run(binaries.path('helm'), [...call.args, '--kubeconfig', call.kubeconfig ?? '/dev/null']);
}

function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.err += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(text.out);
      else reject(new Error(`${program.split('/').at(-1)} ${args.join(' ')}: ${text.err.trim()}`));
    });
  });
}
