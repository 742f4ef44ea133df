import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ControlPlane } from '../../kubernetes/control-plane.ts';
import { DIST } from './shipped.ts';

/** How a command ended. */
export interface CommandEnd {
  readonly status: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs the release's `heraldlb`, as the user of a kubeconfig. @param user one of the control plane's; with a token any name */
export async function heraldlb(
  controlPlane: ControlPlane,
  args: readonly string[],
  { user = 'admin', token }: { readonly user?: string; readonly token?: string } = {},
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [join(DIST, 'heraldlb.mjs'), ...args], {
    env: { PATH: process.env.PATH, KUBECONFIG: controlPlane.kubeconfig(user, token) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const status = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, out, errors };
}
