import { afterAll, beforeAll, describe } from 'vitest';
import { accessContract } from './access.contract.ts';
import { applyContract } from './apply.contract.ts';
import { conflictContract } from './conflicts.contract.ts';
import { customKindContract } from './custom-kinds.contract.ts';
import { deletionContract } from './deletion.contract.ts';
import { discoveryContract } from './discovery.contract.ts';
import { listContract } from './lists.contract.ts';
import { objectContract } from './objects.contract.ts';
import { patchContract } from './patches.contract.ts';
import { serviceRefusalContract } from './service-refusals.contract.ts';
import { serviceContract } from './services.contract.ts';
import type { Cluster, StartCluster } from './support/cluster.ts';
import { ContractClient } from './support/contract-client.ts';
import { tokenContract } from './tokens.contract.ts';
import { watchContract } from './watches.contract.ts';

/** What a part of the contract works with. Both are there when a test runs, not before. */
export interface Subject {
  readonly cluster: Cluster;
  readonly admin: ContractClient;
}

/** Everything that our program, the lab and the tests rely on in a Kubernetes API. */
export function describeContract(name: string, start: StartCluster): void {
  describe(name, () => {
    let subject: Subject | undefined;

    beforeAll(async () => {
      const cluster = await start();
      subject = { cluster, admin: ContractClient.admin(cluster) };
    });

    afterAll(async () => {
      await subject?.cluster[Symbol.asyncDispose]();
    });

    const current = (): Subject => {
      if (subject === undefined) throw new Error('the cluster has not started');
      return subject;
    };
    for (const part of PARTS) part(current);
  });
}

const PARTS = [
  objectContract,
  conflictContract,
  deletionContract,
  patchContract,
  applyContract,
  serviceContract,
  serviceRefusalContract,
  listContract,
  watchContract,
  tokenContract,
  accessContract,
  customKindContract,
  discoveryContract,
] as const;
