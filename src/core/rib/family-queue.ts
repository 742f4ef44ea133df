import type { AttributeSet } from './attribute-table.ts';
import type { PrefixKey } from './prefix-key.ts';

/** A pass over all routes of a family that an end marker follows. */
type Pass = 'none' | 'initial' | 'refresh';

/** What is still to be written of one family: the state that is wanted, not a log of changes. */
export class FamilyQueue {
  /** BOUNDED: by the advertised routes. */
  readonly withdrawals = new Set<PrefixKey>();
  /** Those that share an UPDATE together. BOUNDED: by the wanted routes. */
  readonly #announcements = new Map<AttributeSet, Set<PrefixKey>>();
  #pass: Pass = 'none';
  #beginDue = false;
  #again = false;

  get size(): number {
    let size = this.withdrawals.size;
    for (const keys of this.#announcements.values()) size += keys.size;
    return size;
  }

  /** The routes whose turn it is: all with one set of attributes. */
  get nextGroup(): readonly [set: AttributeSet, keys: Set<PrefixKey>] | undefined {
    for (const group of this.#announcements) return group;
    return undefined;
  }

  announce(key: PrefixKey, set: AttributeSet): void {
    this.withdrawals.delete(key);
    const keys = this.#announcements.get(set);
    if (keys === undefined) this.#announcements.set(set, new Set([key]));
    else keys.add(key);
  }

  withdraw(key: PrefixKey): void {
    this.withdrawals.add(key);
  }

  /** Takes back an announcement that has not been written. */
  forget(key: PrefixKey, set: AttributeSet): void {
    const keys = this.#announcements.get(set);
    if (keys?.delete(key) === true && keys.size === 0) this.#announcements.delete(set);
  }

  finishGroup(set: AttributeSet): void {
    this.#announcements.delete(set);
  }

  clear(): void {
    this.withdrawals.clear();
    this.#announcements.clear();
    this.#pass = 'none';
    this.#beginDue = false;
    this.#again = false;
  }

  beginInitialPass(): void {
    this.#pass = 'initial';
  }

  /** False when a pass is under way: then another follows it, however often it is asked for. */
  beginRefresh(): boolean {
    if (this.#pass !== 'none') {
      this.#again = true;
      return false;
    }
    this.#pass = 'refresh';
    this.#beginDue = true;
    return true;
  }

  /** True once at the begin of a refresh. */
  takeBegin(): boolean {
    const isDue = this.#beginDue;
    this.#beginDue = false;
    return isDue;
  }

  /** The pass that is complete, once; `again` when a refresh was asked for meanwhile. */
  takeEnd(): { readonly pass: Exclude<Pass, 'none'>; readonly again: boolean } | undefined {
    if (this.#pass === 'none' || this.#announcements.size > 0 || this.withdrawals.size > 0) return undefined;
    const end = { pass: this.#pass, again: this.#again };
    this.#pass = 'none';
    this.#again = false;
    return end;
  }
}
