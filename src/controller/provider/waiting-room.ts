import { RunSet } from '../../core/ipam/index.ts';
import type { IpAddress, IpFamily } from '../../core/net/index.ts';

/** What a Service can wait for. With none of these it waits for another configuration only. */
export type Want =
  | { readonly kind: 'pool'; readonly pool: string; readonly family: IpFamily }
  | { readonly kind: 'address'; readonly address: IpAddress }
  /** A place on an address that is shared within the group. */
  | { readonly kind: 'group'; readonly group: string };

/** What one can wait for without knowing how many will find a place. */
export type Particular = Exclude<Want, { readonly kind: 'pool' }>;

type QueueName = string | IpAddress;

interface Waiter {
  readonly key: string;
  /** The order of arrival; kept for as long as it waits, however often it tries in vain. */
  readonly turn: number;
  queues: readonly QueueName[];
}

interface Queue {
  /** Turns of those that have not been called. BOUNDED: by the Services that wait. */
  readonly waiting: RunSet;
  /** Turns of those that have been called and have not come back. BOUNDED: as `waiting`. */
  readonly called: Set<number>;
}

/**
 * Services that wait for an address, in the order in which they came. Those whose turn it is are called, no more at a time
 * than there is something for; what they are called for is promised to them, so that nobody who came later takes it.
 */
export class WaitingRoom {
  /** BOUNDED, each of these: by the Services of the cluster; a Service leaves when it has what it wants or is gone. */
  readonly #waiters = new Map<string, Waiter>();
  readonly #byTurn = new Map<number, Waiter>();
  readonly #queues = new Map<QueueName, Queue>();
  #nextTurn = 0;

  has(key: string): boolean {
    return this.#waiters.has(key);
  }

  /** The Service waits for any of these; a Service that waits already keeps its turn. Says for what it had been called. */
  wait(key: string, wants: readonly Want[]): readonly Want[] {
    const waiter = this.#waiters.get(key) ?? this.#admit(key);
    const called = this.#leaveQueues(waiter);
    waiter.queues = [...new Set(wants.map(nameOf))];
    for (const name of waiter.queues) this.#queue(name).waiting.add(waiter.turn);
    return called;
  }

  /** The Service waits no longer. Says for what it had been called. */
  leave(key: string): readonly Want[] {
    const waiter = this.#waiters.get(key);
    if (waiter === undefined) return [];
    this.#waiters.delete(key);
    this.#byTurn.delete(waiter.turn);
    return this.#leaveQueues(waiter);
  }

  /** How many were called for an address of the pool and have not come back. A Service that is among them takes its own. */
  promised(key: string, pool: string, family: IpFamily): number {
    const queue = this.#queues.get(nameOf({ kind: 'pool', pool, family }));
    if (queue === undefined) return 0;
    const turn = this.#waiters.get(key)?.turn;
    return turn !== undefined && queue.called.has(turn) ? 0 : queue.called.size;
  }

  /** The pool has `free` addresses: calls so many, less those that have been called already. Returns whom. */
  callForPool(pool: string, family: IpFamily, free: number): readonly string[] {
    const name = nameOf({ kind: 'pool', pool, family });
    const queue = this.#queues.get(name);
    const called: string[] = [];
    while (queue !== undefined && queue.called.size < free) {
      const next = this.#call(queue, 0);
      if (next === undefined) break;
      called.push(next);
    }
    return called;
  }

  /** Something changed about it: calls the first who waits for it, or the first who came after `afterKey`. */
  callFor(want: Particular, afterKey?: string): readonly string[] {
    const queue = this.#queues.get(nameOf(want));
    const after = afterKey === undefined ? undefined : this.#waiters.get(afterKey)?.turn;
    const next = queue === undefined ? undefined : this.#call(queue, after === undefined ? 0 : after + 1);
    return next === undefined ? [] : [next];
  }

  /** What those who wait for it were told is not so any more: calls each of them. */
  callEach(want: Particular): readonly string[] {
    const queue = this.#queues.get(nameOf(want));
    const called: string[] = [];
    for (let next = queue && this.#call(queue, 0); next !== undefined; next = queue && this.#call(queue, 0))
      called.push(next);
    return called;
  }

  /** Everything may be different: calls all, in the order in which they came. */
  callAll(): readonly string[] {
    for (const queue of this.#queues.values()) {
      while (this.#call(queue, 0) !== undefined);
    }
    return [...this.#waiters.keys()];
  }

  /** The pools for which somebody waits without having been called. */
  *poolsWaitedFor(): Generator<{ readonly pool: string; readonly family: IpFamily }> {
    for (const [name, queue] of this.#queues) {
      const want = wantOf(name);
      if (want.kind === 'pool' && !queue.waiting.isEmpty) yield want;
    }
  }

  #admit(key: string): Waiter {
    const waiter: Waiter = { key, turn: this.#nextTurn++, queues: [] };
    this.#waiters.set(key, waiter);
    this.#byTurn.set(waiter.turn, waiter);
    return waiter;
  }

  #queue(name: QueueName): Queue {
    const present = this.#queues.get(name);
    if (present !== undefined) return present;
    const queue: Queue = { waiting: new RunSet(), called: new Set() };
    this.#queues.set(name, queue);
    return queue;
  }

  #leaveQueues(waiter: Waiter): Want[] {
    const called: Want[] = [];
    for (const name of waiter.queues) {
      const queue = this.#queues.get(name);
      if (queue === undefined) continue;
      if (queue.called.delete(waiter.turn)) called.push(wantOf(name));
      queue.waiting.delete(waiter.turn);
      if (queue.called.size === 0 && queue.waiting.isEmpty) this.#queues.delete(name);
    }
    waiter.queues = [];
    return called;
  }

  #call(queue: Queue, fromTurn: number): string | undefined {
    const turn = queue.waiting.firstPresent(fromTurn);
    if (turn === undefined) return undefined;
    queue.waiting.delete(turn);
    queue.called.add(turn);
    return this.#byTurn.get(turn)?.key;
  }
}

function nameOf(want: Want): QueueName {
  switch (want.kind) {
    case 'address':
      return want.address;
    case 'group':
      return `shared ${want.group}`;
    case 'pool':
      return `${want.family} ${want.pool}`;
  }
}

function wantOf(name: QueueName): Want {
  if (typeof name !== 'string') return { kind: 'address', address: name };
  const blank = name.indexOf(' ');
  const [first, rest] = [name.slice(0, blank), name.slice(blank + 1)];
  if (first === 'IPv4' || first === 'IPv6') return { kind: 'pool', pool: rest, family: first };
  return { kind: 'group', group: rest };
}
