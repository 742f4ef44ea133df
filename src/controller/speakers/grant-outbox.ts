import type { IpAddress } from '../../core/net/index.ts';
import type { ControllerMessage, Grant } from '../../ports/channel.ts';

type Update = Extract<ControllerMessage, { kind: 'snapshot' | 'delta' }>;

/**
 * What one node is to have, and what it has not been told yet. However fast grants change and however slowly the node
 * reads, no more than one update is under way and the rest is one entry for each address.
 */
export class GrantOutbox {
  /** BOUNDED: by the addresses that the node may announce. */
  readonly #desired = new Map<IpAddress, Grant>();
  /** Changed since the last update. BOUNDED: by the addresses that it has or had. */
  readonly #dirty = new Set<IpAddress>();
  #revision = 0;
  #awaited: number | undefined;

  get size(): number {
    return this.#desired.size;
  }

  /** The revision that is not acked yet. */
  get awaited(): number | undefined {
    return this.#awaited;
  }

  get(address: IpAddress): Grant | undefined {
    return this.#desired.get(address);
  }

  set(grant: Grant): void {
    this.#desired.set(grant.address, grant);
    this.#dirty.add(grant.address);
  }

  /** False when there was nothing to revoke. */
  delete(address: IpAddress): boolean {
    if (!this.#desired.delete(address)) return false;
    this.#dirty.add(address);
    return true;
  }

  /** Everything, for a session that begins. What was under way is forgotten. */
  snapshot(): Update {
    this.#dirty.clear();
    this.#revision += 1;
    this.#awaited = this.#revision;
    return { kind: 'snapshot', revision: this.#revision, grants: [...this.#desired.values()] };
  }

  /** At most `limit` changes; undefined while an update is under way, or when there is nothing to tell. */
  delta(limit: number): Update | undefined {
    if (this.#awaited !== undefined || this.#dirty.size === 0) return undefined;
    const grants: Grant[] = [];
    const revoked: IpAddress[] = [];
    for (const address of this.#dirty) {
      if (grants.length + revoked.length >= limit) break;
      this.#dirty.delete(address);
      const grant = this.#desired.get(address);
      if (grant === undefined) revoked.push(address);
      else grants.push(grant);
    }
    this.#revision += 1;
    this.#awaited = this.#revision;
    return { kind: 'delta', revision: this.#revision, grants, revoked };
  }

  /** True when it is the update under way; older ones are of no interest. Undefined for one that was never sent. */
  acked(revision: number): boolean | undefined {
    if (revision > this.#revision) return undefined;
    if (revision !== this.#awaited) return false;
    this.#awaited = undefined;
    return true;
  }
}
