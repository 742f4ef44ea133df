import type { ClaimOrder, HelloInterface } from '../../../src/core/codec/hello/index.ts';
import {
  Ownership,
  type OwnershipAction,
  type OwnershipEvent,
  type OwnershipGrant,
  type OwnershipNeighbour,
  type OwnershipTiming,
  type Standing,
} from '../../../src/core/fsm/ownership/index.ts';
import { type IpAddress, ipv4FromValue, macFromValue } from '../../../src/core/net/index.ts';
import type { Random } from '../../../src/ports/time.ts';
import type { Agenda } from './agenda.ts';
import type { Network } from './network.ts';

/** What a node does about an address on the wire. */
export type OnWire =
  | { readonly kind: 'claim'; readonly order: ClaimOrder }
  | { readonly kind: 'stand-in'; readonly owner: string };

export interface SimNodeOptions {
  readonly name: string;
  readonly index: number;
  /** How much faster its clock goes than the true time: 1 = not at all. */
  readonly rate: number;
  readonly standIn: boolean;
  readonly timing: Partial<OwnershipTiming>;
}

interface SimNodeDependencies {
  readonly agenda: Agenda;
  readonly network: Network;
  readonly random: Random;
  readonly node: (name: string) => SimNode | undefined;
  /** Everything that the machine of the node wants done. */
  readonly acted: (node: SimNode, action: OwnershipAction) => void;
}

/** A node with power, kernel, link, speaker and what the speaker keeps on its tmpfs. */
export class SimNode {
  readonly name: string;
  readonly address: IpAddress;
  readonly #options: SimNodeOptions;
  readonly #with: SimNodeDependencies;
  readonly #iface: HelloInterface;
  powered = true;
  /** When its speaker started, in true ms; undefined = it does not run. */
  startedMs: number | undefined;
  /** When its speaker, since it started, was first told of its neighbours, in true ms. */
  namedMs: number | undefined;
  leaving = false;
  hushed = false;
  /** As it said in its last hello. */
  alone = false;
  readonly onWire = new Map<IpAddress, OnWire>();
  readonly standings = new Map<string, Standing>();
  #machine: Ownership | undefined;
  #linkUp = true;
  #stalledUntilMs = 0;
  #queue: OwnershipEvent[] = [];
  #tickMs = Number.POSITIVE_INFINITY;
  #life = 0;
  /** Local state: survives the speaker, not the power. */
  #grants = new Map<IpAddress, OwnershipGrant>();
  #claims = new Map<IpAddress, ClaimOrder>();
  #neighbours: readonly OwnershipNeighbour[] = [];

  constructor(options: SimNodeOptions, dependencies: SimNodeDependencies) {
    this.name = options.name;
    this.address = ipv4FromValue(0x0a00_0001 + options.index);
    this.#options = options;
    this.#with = dependencies;
    this.#iface = { name: 'eth0', mac: macFromValue(0x0200_0000_0001 + options.index), up: true };
  }

  get isRunning(): boolean {
    return this.#machine !== undefined;
  }

  get isStalled(): boolean {
    return this.#with.agenda.nowMs < this.#stalledUntilMs;
  }

  get linkUp(): boolean {
    return this.#linkUp;
  }

  /** Whether it exchanges hellos with a node. */
  knows(name: string): boolean {
    return this.#neighbours.some(({ nodeName }) => nodeName === name);
  }

  /** The newest grant that its speaker knows. */
  grantOf(address: IpAddress): OwnershipGrant | undefined {
    return this.#grants.get(address);
  }

  start(): void {
    if (!this.powered || this.isRunning) return;
    const { name, standIn, timing } = this.#options;
    const incarnation = 1 + Math.floor(this.#with.random.next() * (2 ** 48 - 1));
    this.#machine = new Ownership({ nodeName: name, incarnation, standIn, timing });
    this.startedMs = this.#with.agenda.nowMs;
    this.namedMs = this.#neighbours.length > 0 ? this.startedMs : undefined;
    this.leaving = false;
    this.#life += 1;
    this.standings.clear();
    this.give({ kind: 'interfaces', interfaces: [{ ...this.#iface, up: this.#linkUp }] });
    if (this.#neighbours.length > 0) {
      this.give({ kind: 'neighbours', neighbours: this.#neighbours });
      const claims = [...this.#claims].map(([address, order]) => ({ address, order }));
      this.give({ kind: 'restored', grants: [...this.#grants.values()], claims });
    }
    this.give({ kind: 'tick' });
  }

  /** SIGKILL: whatever the speaker announced, nobody answers for any more; the kernel goes on. */
  kill(): void {
    this.#machine = undefined;
    this.startedMs = undefined;
    this.namedMs = undefined;
    this.onWire.clear();
    this.#queue = [];
    this.#stalledUntilMs = 0;
    this.#life += 1;
  }

  leave(): void {
    this.leaving = true;
    this.give({ kind: 'leaving' });
  }

  cutPower(): void {
    this.kill();
    this.powered = false;
    this.#grants.clear();
    this.#claims.clear();
    this.#neighbours = [];
    this.#with.network.switch(this.name, false);
  }

  power(): void {
    this.powered = true;
    this.#with.network.switch(this.name, this.#linkUp);
  }

  setLink(up: boolean): void {
    this.#linkUp = up;
    this.#with.network.switch(this.name, up && this.powered);
    this.give({ kind: 'interfaces', interfaces: [{ ...this.#iface, up }] });
  }

  stall(forMs: number): void {
    const { agenda } = this.#with;
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, agenda.nowMs + forMs);
    agenda.at(this.#stalledUntilMs, () => this.#resume());
  }

  /** From the controller. */
  neighbours(neighbours: readonly OwnershipNeighbour[]): void {
    this.#neighbours = neighbours;
    this.namedMs ??= this.#with.agenda.nowMs;
    this.give({ kind: 'neighbours', neighbours });
  }

  grants(changed: readonly OwnershipGrant[], revoked: readonly IpAddress[]): void {
    for (const grant of changed)
      if (isNewer(grant, this.#grants.get(grant.address))) this.#grants.set(grant.address, grant);
    for (const address of revoked) this.#grants.delete(address);
    this.give({ kind: 'grants', changed, revoked });
  }

  give(event: OwnershipEvent): void {
    if (this.#machine === undefined) return;
    if (this.isStalled) {
      if (event.kind !== 'tick' && this.#queue.length < 500) this.#queue.push(event);
      return;
    }
    const machine = this.#machine;
    for (const action of machine.handle(event, this.#localMs())) this.#act(action);
    const wakeMs = this.#trueMs(machine.nextWakeMs());
    if (wakeMs === this.#tickMs) return;
    this.#tickMs = wakeMs;
    const life = this.#life;
    if (wakeMs < Number.POSITIVE_INFINITY)
      this.#with.agenda.at(wakeMs, () => {
        if (life === this.#life && wakeMs === this.#tickMs) this.#tick();
      });
  }

  #tick(): void {
    this.#tickMs = Number.POSITIVE_INFINITY;
    this.give({ kind: 'tick' });
  }

  /** After a stall the timer or what waits in the sockets may come first. */
  #resume(): void {
    if (this.isStalled || this.#machine === undefined) return;
    const timerFirst = this.#with.random.next() < 0.5;
    if (timerFirst) this.#tick();
    for (const event of this.#queue.splice(0)) this.give(event);
    if (!timerFirst) this.#tick();
  }

  #act(action: OwnershipAction): void {
    const { network, node } = this.#with;
    switch (action.kind) {
      case 'send-hello': {
        const { hello, to } = action;
        this.alone = hello.alone;
        network.send(this.name, to, () => node(to)?.give({ kind: 'hello', from: this.address, hello }));
        return;
      }
      case 'probe-kernel': {
        const { nodeName } = action;
        network.send(this.name, nodeName, () => {
          if (node(nodeName)?.powered === true)
            network.send(nodeName, this.name, () => this.give({ kind: 'kernel-answered', nodeName }));
        });
        return;
      }
      case 'probe-gateways':
        if (network.isOn(this.name)) this.#with.agenda.after(1, () => this.give({ kind: 'gateway-answered' }));
        return;
      case 'claim':
        this.onWire.set(action.address, { kind: 'claim', order: action.order });
        this.#claims.set(action.address, action.order);
        break;
      case 'stand-in':
        this.onWire.set(action.address, { kind: 'stand-in', owner: action.owner });
        break;
      case 'release':
        this.#with.acted(this, action);
        this.onWire.delete(action.address);
        this.#claims.delete(action.address);
        return;
      case 'hush':
        this.hushed = action.hushed;
        break;
      case 'standing':
        this.standings.set(action.nodeName, action.standing);
        break;
      default:
    }
    this.#with.acted(this, action);
  }

  #localMs(): number {
    return this.#with.agenda.nowMs * this.#options.rate + 1000 * (1 + this.#options.index);
  }

  #trueMs(localMs: number): number {
    return (localMs - 1000 * (1 + this.#options.index)) / this.#options.rate + 0.001;
  }
}

function isNewer(grant: OwnershipGrant, than: OwnershipGrant | undefined): boolean {
  if (than === undefined) return true;
  const { generation, counter } = than.epoch;
  return (
    grant.epoch.generation - generation > 0 || (grant.epoch.generation === generation && grant.epoch.counter >= counter)
  );
}
