import { setTimeout as sleep } from 'node:timers/promises';
import { ApiLeaseStore } from '../../adapters/kube/stores/lease-store.ts';
import { ApiServiceStore } from '../../adapters/kube/stores/service-store.ts';
import { formatReleases, releasesOf } from '../../inspect/release.ts';
import type { LeaseStore, StoredLease } from '../../ports/stores.ts';
import { UsageError } from '../process-life.ts';
import { clusterReader, leaseOf, withClient } from './cluster.ts';
import { exitWith, HEALTHY, type InspectFlags, inspecting } from './commands.ts';
import { print } from './output.ts';

type ReleaseFlags = InspectFlags & { readonly takeAddresses?: boolean };

/** Replicas that end hand the Lease to each other: it counts as free when nobody took it for so long. */
const FREE_FOR_MS = 3_000;
const ASK_EVERY_MS = 500;
const PATIENCE_MS = 20_000;

/** `release`: after an uninstall, so that Services can be deleted. The one command that changes something. */
export function releaseCommand() {
  return inspecting('release', 'After an uninstall: takes the finalizer off Services, so that they can be deleted.')
    .option('--take-addresses', 'takes the addresses out of their status too', false)
    .action(async (flags: ReleaseFlags) => {
      await exitWith(() =>
        withClient(flags, async (client) => {
          await untilNobodyLeads(new ApiLeaseStore(client), flags);
          const services = await clusterReader(flags, client).services();
          const releases = releasesOf(services, flags.takeAddresses === true);
          const store = new ApiServiceStore(client);
          for (const { service, change } of releases) await store.patchStatus(service, change);
          const view = releases.map(({ service: { meta }, change }) => ({ ...meta, change }));
          print(view, flags.output, () => formatReleases(releases));
          return HEALTHY;
        }),
      );
    });
}

/** A controller that runs would write everything anew. @throws UsageError when one does */
async function untilNobodyLeads(leases: LeaseStore, flags: ReleaseFlags): Promise<void> {
  const never = new AbortController().signal;
  const untilMs = Date.now() + PATIENCE_MS;
  let seen: StoredLease | undefined;
  let seenAtMs = Date.now();
  while (Date.now() < untilMs) {
    const lease = await leases.get(leaseOf(flags), never);
    if (lease === undefined) return;
    if (lease.resourceVersion !== seen?.resourceVersion) [seen, seenAtMs] = [lease, Date.now()];
    const { holderIdentity, leaseDurationSeconds } = lease.record;
    const unclaimedMs = holderIdentity === '' ? FREE_FOR_MS : leaseDurationSeconds * 1_000;
    if (Date.now() - seenAtMs >= unclaimedMs) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new UsageError(
    `${seen?.record.holderIdentity} in ${flags.installedIn} still leads and would take the Services back: uninstall HeraldLB first`,
  );
}
