import { isApiError } from '../../../ports/api-error.ts';
import type { ObjectRef } from '../../../ports/kubernetes.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';
import type { WireObject } from '../mapping/wire.ts';
import { LEASES } from '../resource-types.ts';

interface WireLease extends WireObject {
  readonly spec?: Partial<LeaseRecord>;
}

/** Leases. Their requests do not wait behind the rate limit: a busy controller must not lose its leadership. */
export class ApiLeaseStore implements LeaseStore {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<StoredLease | undefined> {
    try {
      const path = { type: LEASES, namespace: ref.namespace, name: ref.name };
      return stored(ref, await this.#client.send({ verb: 'get', path, signal, unlimited: true }));
    } catch (error) {
      if (isApiError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async create(ref: ObjectRef, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    const path = { type: LEASES, namespace: ref.namespace };
    const body = leaseOf(ref, record, undefined);
    return stored(ref, await this.#client.send({ verb: 'create', path, body, signal, unlimited: true }));
  }

  async update(lease: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    const { ref } = lease;
    const path = { type: LEASES, namespace: ref.namespace, name: ref.name };
    const body = leaseOf(ref, record, lease.resourceVersion);
    return stored(ref, await this.#client.send({ verb: 'update', path, body, signal, unlimited: true }));
  }
}

function leaseOf({ namespace, name }: ObjectRef, record: LeaseRecord, resourceVersion: string | undefined): unknown {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = record;
  return {
    apiVersion: `${LEASES.group}/${LEASES.version}`,
    kind: LEASES.kind,
    metadata: { namespace, name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions },
  };
}

function stored(ref: ObjectRef, object: unknown): StoredLease {
  const { metadata, spec } = object as WireLease;
  return {
    ref,
    resourceVersion: metadata?.resourceVersion ?? '',
    record: {
      holderIdentity: spec?.holderIdentity ?? '',
      leaseDurationSeconds: spec?.leaseDurationSeconds ?? 0,
      acquireTime: spec?.acquireTime ?? '',
      renewTime: spec?.renewTime ?? '',
      leaseTransitions: spec?.leaseTransitions ?? 0,
    },
  };
}
