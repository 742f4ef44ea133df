// `npm run lab`: the whole path in network namespaces, without root.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabCluster } from './cluster.ts';
import { demonstrate } from './demo.ts';
import { keepUp } from './keep-up.ts';
import { insideSandbox, runInSandbox, sandboxLack } from './sandbox.ts';
import { forgetLab, openShell, rememberLab } from './shell.ts';

const USAGE = `usage: npm run lab                 show the whole path, once
       npm run lab -- up           keep it running, and show who owns which address
       npm run lab -- shell HOST   a shell on node-a, node-b, node-c, client, switch or control-plane of a lab that is up`;

async function main([command = 'demo', ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'demo':
    case 'up':
      return insideSandbox() ? withCluster(command === 'demo' ? demonstrate : keepUp) : enterSandbox([command]);
    case 'shell':
      return openShell(rest[0] ?? 'client');
    default:
      console.error(USAGE);
      return 2;
  }
}

async function enterSandbox(args: readonly string[]): Promise<number> {
  const lack = await sandboxLack();
  if (lack !== undefined) {
    console.error(`The lab cannot run here: ${lack.what}.\nTo get there: ${lack.remedy}.`);
    return 1;
  }
  try {
    return await runInSandbox([process.execPath, import.meta.filename, ...args], rememberLab);
  } finally {
    forgetLab();
  }
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
    console.error(`\nThe lab failed: ${error instanceof Error ? error.message : String(error)}`);
    console.error(`What each program said is in ${kept}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
