import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ApiClusterReader } from '../../adapters/kube/cluster-reader.ts';
import { ApiLeaseStore } from '../../adapters/kube/stores/lease-store.ts';
import { ApiServiceStore } from '../../adapters/kube/stores/service-store.ts';
import { formatReleases, releasesOf } from '../../inspect/release.ts';
import { isApiError } from '../../ports/api-error.ts';
import type { LeaseStore, StoredLease } from '../../ports/stores.ts';
import { UsageError } from '../process-life.ts';
import { clusterReader, leaseOf, withClient } from './cluster.ts';
import { exitWith, HEALTHY, type InspectFlags, inspecting } from './commands.ts';
import { print } from './output.ts';

type ReleaseFlags = InspectFlags & { readonly takeAddresses?: boolean };

/** Longer than a leader lets pass between two renewals, and than replicas that end take to hand the Lease to each other. */
const FREE_FOR_MS = 3_000;
const ASK_EVERY_MS = 500;
const PATIENCE_MS = 20_000;

/** `release`: after an uninstall, so that Services can be deleted. The one command that changes something. */
export function releaseCommand(): Command {
  return inspecting('release', 'After an uninstall: takes the finalizer off Services, so that they can be deleted.')
    .option('--take-addresses', 'takes the addresses out of their status too', false)
    .action(async (flags: ReleaseFlags) => {
      await exitWith(() =>
        withClient(flags, async (client) => {
          const reader = clusterReader(flags, client);
          await untilNobodyLeads(new ApiLeaseStore(client), reader, flags);
          const services = await reader.services();
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
async function untilNobodyLeads(leases: LeaseStore, reader: ApiClusterReader, flags: ReleaseFlags): Promise<void> {
  const never = new AbortController().signal;
  const untilMs = Date.now() + PATIENCE_MS;
  let seen: StoredLease | undefined;
  let seenAtMs = Date.now();
  while (Date.now() < untilMs) {
    const [lease, controllers] = await Promise.all([leases.get(leaseOf(flags), never), controllersOf(reader)]);
    if (lease === undefined) return;
    if (lease.resourceVersion !== seen?.resourceVersion) [seen, seenAtMs] = [lease, Date.now()];
    if (Date.now() - seenAtMs >= freeAfterMs(lease, controllers)) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new UsageError(
    `${seen?.record.holderIdentity} in ${flags.installedIn} still leads and would take the Services back: uninstall HeraldLB first`,
  );
}

/**
 * For how long nobody may have touched the Lease. An uninstall takes the controller's rights before it ends: then the Lease
 * stays in the name of a Pod that is gone, and only a controller outside of the cluster would renew it.
 */
function freeAfterMs({ record }: StoredLease, controllers: number | undefined): number {
  const released = record.holderIdentity === '';
  if (controllers === 0) return released ? 0 : FREE_FOR_MS;
  return released ? FREE_FOR_MS : record.leaseDurationSeconds * 1_000;
}

/** How many Pods of the controller there are; undefined when we may not know. */
async function controllersOf(reader: ApiClusterReader): Promise<number | undefined> {
  try {
    const pods = await reader.pods();
    return pods.filter(({ meta }) => meta.labels['app.kubernetes.io/component'] === 'controller').length;
  } catch (error) {
    if (isApiError(error, 'forbidden')) return undefined;
    throw error;
  }
}
