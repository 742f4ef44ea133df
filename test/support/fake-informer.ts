import type { Informer, InformerChange } from '../../src/ports/informer.ts';

/** An informer whose cache the test writes. */
export class FakeInformer<T> implements Informer<T> {
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<(change: InformerChange<T>) => void>();
  readonly #waiting: (() => void)[] = [];
  #synced: boolean;

  /** With `synced: false` nothing is synced until `sync()`. */
  constructor(
    objects: readonly (readonly [string, T])[] = [],
    options: { readonly synced: boolean } = { synced: true },
  ) {
    for (const [key, object] of objects) this.#objects.set(key, object);
    this.#synced = options.synced;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  async synced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#synced) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  onChange(listener: (change: InformerChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How many listeners are on. */
  get listeners(): number {
    return this.#listeners.size;
  }

  sync(): void {
    this.#synced = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  set(key: string, after: T): void {
    const before = this.#objects.get(key);
    this.#objects.set(key, after);
    this.#tell(before === undefined ? { key, after } : { key, before, after });
  }

  delete(key: string): void {
    const before = this.#objects.get(key);
    if (!this.#objects.delete(key) || before === undefined) return;
    this.#tell({ key, before });
  }

  #tell(change: InformerChange<T>): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
