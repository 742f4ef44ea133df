import { ApiError } from '../../../src/ports/api-error.ts';
import type { ObjectRef } from '../../../src/ports/kubernetes.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../../src/ports/stores.ts';

/** One Lease in memory, with an API that can be cut off for one writer or be silent for all. */
export class FakeLeaseStore implements LeaseStore {
  record: LeaseRecord | undefined;
  /** No request is answered before its signal aborts. */
  silent = false;
  /** Errors for the next updates. */
  readonly failures: Error[] = [];
  #version = 0;
  #partitioned: string | undefined;
  #delay: () => Promise<void> = () => Promise.resolve();

  /** Updates are stored at once and answered late. */
  delayUpdates(wait: (ms: number) => Promise<void>, ms: number): void {
    this.#delay = () => wait(ms);
  }

  /** Requests of this holder do not arrive any more; as all share one store, reads of it are told by who holds the Lease. */
  partition(identity: string): void {
    this.#partitioned = identity;
  }

  heal(): void {
    this.#partitioned = undefined;
  }

  remove(): void {
    this.record = undefined;
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<StoredLease | undefined> {
    await this.#answer(signal);
    return this.record && { ref, resourceVersion: String(this.#version), record: this.record };
  }

  async create(ref: ObjectRef, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    await this.#answer(signal);
    if (this.record !== undefined) throw new ApiError('already-exists', 'create leases: 409');
    return this.#store(ref, record);
  }

  async update(lease: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    await this.#answer(signal);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (this.#partitioned === record.holderIdentity) throw new ApiError('unavailable', 'update leases: no answer');
    if (lease.resourceVersion !== String(this.#version)) throw new ApiError('conflict', 'update leases: 409');
    const stored = this.#store(lease.ref, record);
    await this.#delay();
    return stored;
  }

  #store(ref: ObjectRef, record: LeaseRecord): StoredLease {
    this.record = record;
    this.#version += 1;
    return { ref, resourceVersion: String(this.#version), record };
  }

  async #answer(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.silent) return;
    await new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    );
  }
}
