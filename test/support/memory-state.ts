import type { StateStore } from '../../src/ports/state-store.ts';

/** A store of local state that outlives the speakers of a test. */
export class MemoryState implements StateStore {
  /** As JSON. BOUNDED: by the names of the program. */
  readonly values = new Map<string, string>();
  /** What reading throws instead. */
  refusal: Error | undefined;

  read(name: string): Promise<unknown> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    const value = this.values.get(name);
    return Promise.resolve(value === undefined ? undefined : JSON.parse(value));
  }

  write(name: string, value: unknown): Promise<void> {
    this.values.set(name, JSON.stringify(value));
    return Promise.resolve();
  }
}
