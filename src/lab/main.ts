// `npm run lab`: the whole path in network namespaces, without root.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../ports/error-message.ts';
import { demonstrateBgp } from './bgp-demo.ts';
import { LabCluster } from './cluster.ts';
import { demonstrate } from './demo.ts';
import { keepUp } from './keep-up.ts';
import { insideSandbox, runInSandbox, sandboxLack } from './sandbox.ts';
import { forgetLab, openShell, rememberLab, runningLab } from './shell.ts';

const USAGE = `usage: npm run lab                 show the whole path, once
       npm run lab -- bgp          with a router (BIRD): routes, a cordon, a power cut
       npm run lab -- up           keep it running, and show who owns which address
       npm run lab -- shell HOST   a shell on node-a, node-b, node-c, client, switch or control-plane of a lab that is up`;

async function main([command = 'demo', ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'demo':
      return insideSandbox() ? withCluster(demonstrate) : enterSandbox(['demo']);
    case 'bgp':
      return insideSandbox() ? withCluster(demonstrateBgp) : enterSandbox(['bgp']);
    case 'up':
      return insideSandbox() ? withCluster(keepUp) : stayUp();
    case 'shell':
      return openShell(rest[0] ?? 'client');
    default:
      console.error(USAGE);
      return 2;
  }
}

/** One lab at a time is up, so that `shell` has no choice to make; demonstrations may run beside it. */
async function stayUp(): Promise<number> {
  if (runningLab() !== undefined) {
    console.error(
      'A lab is up already: end it with Ctrl-C in its terminal, or open a shell on it with "npm run lab -- shell client".',
    );
    return 1;
  }
  try {
    return await enterSandbox(['up'], rememberLab);
  } finally {
    forgetLab();
  }
}

async function enterSandbox(args: readonly string[], started?: (pid: number) => void): Promise<number> {
  const lack = await sandboxLack();
  if (lack !== undefined) {
    console.error(`The lab cannot run here: ${lack.what}.\nTo get there: ${lack.remedy}.`);
    return 1;
  }
  return runInSandbox([process.execPath, import.meta.filename, ...args], started);
}

async function withCluster(work: (cluster: LabCluster) => Promise<void>): Promise<number> {
  const cluster = await LabCluster.create();
  process.once('SIGINT', () => void cluster.stop().finally(() => process.exit(0)));
  try {
    await work(cluster);
    await cluster.stop();
    return 0;
  } catch (error) {
    const kept = mkdtempSync(join(tmpdir(), 'heraldlb-lab-'));
    cpSync(cluster.folder, kept, { recursive: true });
    await cluster.stop();
    console.error(`\nThe lab failed: ${messageOf(error)}`);
    console.error(`What each program said is in ${kept}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
