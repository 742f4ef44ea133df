import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Lets no BFD packet reach a host any more, until what it resolves with is called. */
export async function dropBfd(namespace: string): Promise<() => Promise<void>> {
  const nft = (rule: string): Promise<unknown> => run('ip', ['netns', 'exec', namespace, 'nft', rule]);
  await nft('add table inet cut');
  await nft('add chain inet cut input { type filter hook input priority 0; }');
  await nft('add rule inet cut input udp dport { 3784, 4784 } drop');
  return async () => void (await nft('delete table inet cut'));
}
