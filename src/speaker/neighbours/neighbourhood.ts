import type { Hello, HelloInterface } from '../../core/codec/hello/index.ts';
import type { OwnershipAction, OwnershipOptions, RestoredClaim, Standing } from '../../core/fsm/ownership/index.ts';
import type { IpAddress, MacAddress } from '../../core/net/index.ts';
import type { Grant, HelloKey, Neighbour, NeighbourReport } from '../../ports/channel.ts';
import type { DatagramSockets } from '../../ports/datagrams.ts';
import type { EchoSockets } from '../../ports/echo.ts';
import type { FrameSockets } from '../../ports/frames.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import type { HelloCounting } from './hello-counting.ts';
import { HelloExchange } from './hello-exchange.ts';
import { KernelProbe } from './kernel-probe.ts';
import { OwnershipDriver } from './ownership-driver.ts';

/** The kernel is asked with each of so many hellos to a neighbour that is not heard, for a minute; then with every tenth. */
const INTRODUCED_HELLOS = 600;
const INTRODUCED_EVERY = 10;

/** What is to be done about addresses; all else is done here. */
export type AddressAction = Exclude<
  OwnershipAction,
  { readonly kind: 'send-hello' | 'probe-kernel' | 'probe-gateways' | 'standing' | 'refused' }
>;

export interface NeighbourhoodDependencies {
  readonly datagrams: DatagramSockets;
  readonly sockets: FrameSockets;
  readonly echoes: EchoSockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly counting: HelloCounting;
  /** Carries out what follows from one event, in order. */
  readonly perform: (actions: readonly AddressAction[]) => void;
  /** All neighbours, whenever one of them is seen in another way. */
  readonly seen: (neighbours: readonly NeighbourReport[]) => void;
  /** No socket could be had for hellos. */
  readonly refused: (reason: string) => void;
}

/** Agrees with the neighbours of this node who announces what: the ownership machine with its senses. */
export class Neighbourhood {
  readonly #dependencies: NeighbourhoodDependencies;
  readonly #driver: OwnershipDriver;
  readonly #exchange: HelloExchange;
  readonly #kernels: KernelProbe;
  /** How each neighbour stands. BOUNDED: by the controller, 32. */
  #standings = new Map<string, Standing>();
  /** By neighbour, as its last hello named them. BOUNDED: by the neighbours, 16 for each. */
  readonly #interfaces = new Map<string, readonly HelloInterface[]>();
  /** Hellos since it was heard last, by neighbour. BOUNDED: by the controller, 32. */
  readonly #unheard = new Map<string, number>();
  /** BOUNDED: by the interfaces of the neighbours. */
  #macs: ReadonlySet<MacAddress> = new Set();

  constructor(options: OwnershipOptions, dependencies: NeighbourhoodDependencies) {
    this.#dependencies = dependencies;
    this.#driver = new OwnershipDriver(options, {
      ...dependencies,
      hear: () => this.#exchange.receive(),
      perform: (actions) => this.#perform(actions),
    });
    this.#exchange = new HelloExchange({
      ...dependencies,
      received: (hello, from) => this.#received(hello, from),
    });
    this.#kernels = new KernelProbe({
      ...dependencies,
      macsOf: (nodeName) => new Set(this.#interfaces.get(nodeName)?.map(({ mac }) => mac)),
      answered: (nodeName) => this.#driver.handle({ kind: 'kernel-answered', nodeName }),
      gatewayAnswered: () => this.#driver.handle({ kind: 'gateway-answered' }),
    });
  }

  /** MACs of the neighbours' interfaces, live. */
  readonly macs: { has(mac: MacAddress): boolean } = { has: (mac) => this.#macs.has(mac) };

  /** Time passes from now on: what is known of an earlier life has to be said before. */
  begin(): void {
    this.#driver.begin();
  }

  useKeys(keys: readonly HelloKey[]): void {
    this.#exchange.useKeys(keys);
  }

  /** All of them, and the addresses that they know this node by. */
  useNeighbours(neighbours: readonly Neighbour[], ownAddresses: readonly IpAddress[]): void {
    this.#exchange.useNeighbours(neighbours, ownAddresses);
    this.#kernels.useNeighbours(neighbours);
    const before = this.#standings;
    this.#standings = new Map(neighbours.map(({ nodeName }) => [nodeName, before.get(nodeName) ?? 'never-heard']));
    for (const nodeName of this.#interfaces.keys())
      if (!this.#standings.has(nodeName)) this.#interfaces.delete(nodeName);
    for (const nodeName of this.#unheard.keys()) if (!this.#standings.has(nodeName)) this.#unheard.delete(nodeName);
    this.#collectMacs();
    this.#driver.handle({ kind: 'neighbours', neighbours });
    this.#tell();
  }

  /** @param said what neighbours are told of them, the most useful first: a hello has room for the first 16 */
  useInterfaces(interfaces: readonly NetworkInterface[], said: readonly HelloInterface[]): void {
    this.#kernels.useInterfaces(interfaces);
    this.#driver.handle({ kind: 'interfaces', interfaces: said });
  }

  grant(changed: readonly Grant[], revoked: readonly IpAddress[]): void {
    this.#driver.handle({ kind: 'grants', changed, revoked });
  }

  restore(grants: readonly Grant[], claims: readonly RestoredClaim[]): void {
    this.#driver.handle({ kind: 'restored', grants, claims });
  }

  reclaim(addresses: readonly IpAddress[]): void {
    this.#driver.handle({ kind: 'reclaim', addresses });
  }

  /** The speaker stops by plan: neighbours are told. */
  leave(): void {
    this.#driver.handle({ kind: 'leaving' });
  }

  close(): void {
    this.#driver.close();
    this.#exchange.close();
    this.#kernels.close();
  }

  #received(hello: Hello, from: IpAddress): void {
    const known = this.#interfaces.get(hello.sender) ?? [];
    if (this.#standings.has(hello.sender) && !sameMacs(known, hello.interfaces)) {
      this.#interfaces.set(hello.sender, hello.interfaces);
      this.#collectMacs();
    }
    this.#driver.handle({ kind: 'hello', from, hello });
  }

  #perform(actions: readonly OwnershipAction[]): void {
    const ofAddresses: AddressAction[] = [];
    let seen = false;
    for (const action of actions) {
      switch (action.kind) {
        case 'send-hello':
          this.#introduce(action.to);
          this.#exchange.send(action.to, action.hello);
          break;
        case 'probe-kernel':
          this.#kernels.ask(action.nodeName);
          break;
        case 'probe-gateways':
          this.#kernels.askGateways();
          break;
        case 'standing':
          this.#standings.set(action.nodeName, action.standing);
          seen = true;
          break;
        case 'refused':
          this.#dependencies.counting.dropped(action.reason);
          break;
        default:
          ofAddresses.push(action);
      }
    }
    if (ofAddresses.length > 0) this.#dependencies.perform(ofAddresses);
    if (seen) this.#tell();
  }

  /**
   * Asks for the MAC of a neighbour that is not heard. The kernel asks as well before it sends a hello, but only once a second:
   * it takes the answer to ours too, and the one of the neighbour learns this node's MAC from the question.
   */
  #introduce(nodeName: string): void {
    const standing = this.#standings.get(nodeName);
    if (standing !== 'never-heard' && standing !== 'down') {
      this.#unheard.delete(nodeName);
      return;
    }
    const hellos = (this.#unheard.get(nodeName) ?? 0) + 1;
    this.#unheard.set(nodeName, hellos);
    if (hellos <= INTRODUCED_HELLOS || hellos % INTRODUCED_EVERY === 0) this.#kernels.ask(nodeName);
  }

  #collectMacs(): void {
    this.#macs = new Set([...this.#interfaces.values()].flat().map(({ mac }) => mac));
  }

  #tell(): void {
    this.#dependencies.seen([...this.#standings].map(([nodeName, state]) => ({ nodeName, state })));
  }
}

function sameMacs(a: readonly HelloInterface[], b: readonly HelloInterface[]): boolean {
  return a.length === b.length && a.every(({ mac }, index) => mac === b[index]?.mac);
}
