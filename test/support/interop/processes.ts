import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The number of a system user that a package made, or of its group. */
export async function idOf(user: string, what: 'u' | 'g'): Promise<number> {
  return Number((await run('id', [`-${what}`, user])).stdout);
}

/** Tells the processes that a process started, and those that they did. */
export function signalChildren(pid: number, signal: NodeJS.Signals): void {
  for (const child of childrenOf(pid)) {
    try {
      process.kill(child, signal);
    } catch {
      // It ended by itself meanwhile: one of them ends with the other.
    }
  }
}

function childrenOf(pid: number): number[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return [];
  }
  const children = text.trim().split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}
