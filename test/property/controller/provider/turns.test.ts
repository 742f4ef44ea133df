import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { service } from '../../../support/kube/fake-cluster.ts';
import { configPool, ProviderBed } from '../../../support/provider-bed.ts';

const COOL_DOWN_MS = 1_000;
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('create' as const), at: fc.nat(11) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), at: fc.nat(11) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('look' as const), at: fc.nat(11) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('serve-called' as const), at: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), at: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), at: fc.constantFrom(400, COOL_DOWN_MS) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Services without any request on one small pool, looked at in whatever order. */
class Queue {
  readonly bed: ProviderBed;
  readonly #called: string[] = [];
  /** In the order in which they came to wait. */
  #waiting: string[] = [];
  #size = 2;
  #overtaken = 0;

  constructor(coolDownMs: number) {
    this.bed = new ProviderBed([this.#pool()], { coolDownMs });
  }

  async perform({ kind, at }: Operation): Promise<void> {
    const name = `s${at}`;
    switch (kind) {
      case 'create':
        if (this.bed.cluster.stored(name) === undefined) await this.#look(name);
        break;
      case 'look':
        if (this.bed.cluster.stored(name) !== undefined) await this.#look(name);
        break;
      case 'delete':
        this.#waiting = this.#waiting.filter((each) => each !== name);
        await this.bed.delete(name);
        break;
      case 'serve-called':
        this.#called.push(...this.bed.takeNeeded());
        await this.#lookAtNextCalled();
        break;
      case 'resize':
        this.#size = Math.max(this.#size, at);
        this.bed.config.setPools(this.#pool());
        break;
      case 'wait':
        await this.bed.time.advance(at);
    }
  }

  /** Looks at everybody who is called until nobody is. */
  async finish(): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      await this.bed.time.advance(COOL_DOWN_MS);
      this.#called.push(...this.bed.takeNeeded());
      if (this.#called.length === 0) return;
      while (this.#called.length > 0) await this.#lookAtNextCalled();
    }
    throw new Error('somebody is called again and again');
  }

  expectNobodyForgotten(): void {
    const { availableIPv4 = 0n } = this.bed.provider.usage('any') ?? {};
    if (this.#waiting.length > 0)
      expect(availableIPv4, `${this.#waiting[0]} waits though there is an address`).toBe(0n);
  }

  #pool() {
    return configPool('any', [`10.0.0.1-10.0.0.${this.#size}`]);
  }

  async #lookAtNextCalled(): Promise<void> {
    const name = this.#called.shift()?.split('/')[1];
    if (name !== undefined && this.bed.cluster.stored(name) !== undefined) await this.#look(name);
  }

  async #look(name: string): Promise<void> {
    const had = (this.bed.cluster.stored(name)?.status.ingress.length ?? 0) > 0;
    const { waiting } = await this.bed.serve(this.bed.cluster.stored(name) ?? service(name));
    if (waiting !== undefined) {
      if (!this.#waiting.includes(name)) this.#waiting.push(name);
      return;
    }
    const before = this.#waiting.indexOf(name);
    const earlier = before === -1 ? this.#waiting.length : before;
    this.#waiting = this.#waiting.filter((each) => each !== name);
    if (!had) this.#overtaken = Math.max(this.#overtaken, earlier);
  }

  /** How many that came earlier were waiting when somebody was served, at most. */
  get overtaken(): number {
    return this.#overtaken;
  }
}

/** When the pool changes, all that wait are called at once. */
const steady = operation.filter(({ kind }) => kind !== 'resize');

describe('Services that wait for an address', () => {
  it.each([0, COOL_DOWN_MS])(
    'are never forgotten while there is one, with a cool-down of %d ms',
    async (coolDownMs) => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 60, size: 'max' }), async (operations) => {
          const queue = new Queue(coolDownMs);
          for (const step of operations) await queue.perform(step);
          await queue.finish();
          queue.expectNobodyForgotten();
        }),
        { numRuns: 150 },
      );
    },
  );

  it('are overtaken only by those that were called at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steady, { minLength: 1, maxLength: 60, size: 'max' }), async (operations) => {
        const queue = new Queue(0);
        for (const step of operations) await queue.perform(step);
        // At most as many are called at a time as the pool has addresses, and these may be looked at in any order.
        expect(queue.overtaken).toBeLessThan(2);
      }),
      { numRuns: 150 },
    );
  });
});
