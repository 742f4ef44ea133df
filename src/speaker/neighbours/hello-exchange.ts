import {
  type Authenticate,
  authenticatorOf,
  ByteWriter,
  claimedIncarnation,
  DecodeError,
  decodeHello,
  encodeHello,
  type Hello,
  MAX_HELLO_LENGTH,
} from '../../core/codec/hello/index.ts';
import { familyOf, type IpAddress, type IpFamily, ipFromValue } from '../../core/net/index.ts';
import type { HelloKey, Neighbour } from '../../ports/channel.ts';
import { type DatagramSocket, DatagramSocketError, type DatagramSockets } from '../../ports/datagrams.ts';
import { NEIGHBOUR_PORT } from '../../ports/defaults.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { type Rate, TokenBucket } from '../token-bucket.ts';
import type { HelloCounting } from './hello-counting.ts';

/** More than twice what a neighbour sends at the shortest interval: the rest is somebody else's. */
const RECEIVED_FROM_ONE: Rate = { perSecond: 250, burst: 250 };
const RETRY_SOCKET_MS = 1000;

/** How much is read from one address. Who floods in the name of a neighbour must not keep out what that says itself. */
interface Allowance {
  readonly anybody: TokenBucket;
  readonly believed: TokenBucket;
  /** Of its last hello that was made with a valid key. */
  incarnation: number | undefined;
}

export interface HelloExchangeDependencies {
  readonly datagrams: DatagramSockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly counting: HelloCounting;
  /** A hello that was made with a valid key. */
  readonly received: (hello: Hello, from: IpAddress) => void;
  /** No socket could be had; it is tried again. */
  readonly refused: (reason: string) => void;
}

/** Carries hellos between this node and its neighbours, and keeps out what nobody with a key has made. */
export class HelloExchange {
  readonly #dependencies: HelloExchangeDependencies;
  /** By address of this node. BOUNDED: one of each family. */
  readonly #sockets = new Map<IpAddress, DatagramSocket>();
  /** By key number. BOUNDED: by the controller, 2. */
  readonly #keys = new Map<number, Authenticate>();
  /** By node name. BOUNDED: by the controller, 32. */
  readonly #neighbours = new Map<string, readonly IpAddress[]>();
  /** By address of a neighbour. BOUNDED: by the neighbours. */
  #allowances = new Map<IpAddress, Allowance>();
  readonly #writer = new ByteWriter(MAX_HELLO_LENGTH);
  #sendingKey: number | undefined;
  #retryTimer: Timer | undefined;

  constructor(dependencies: HelloExchangeDependencies) {
    this.#dependencies = dependencies;
  }

  useKeys(keys: readonly HelloKey[]): void {
    this.#keys.clear();
    for (const { id, key } of keys) this.#keys.set(id, authenticatorOf(key));
    this.#sendingKey = keys[0]?.id;
  }

  /** All neighbours of now, and the addresses that they know this node by; without any, the kernel chooses. */
  useNeighbours(neighbours: readonly Neighbour[], ownAddresses: readonly IpAddress[]): void {
    this.#neighbours.clear();
    for (const { nodeName, addresses } of neighbours) this.#neighbours.set(nodeName, addresses);
    const theirs = [...this.#neighbours.values()].flat();
    this.#allowances = new Map(
      theirs.map((address) => [address, this.#allowances.get(address) ?? this.#fullAllowance()]),
    );
    const families = new Set(theirs.map(familyOf));
    const known = ownAddresses.filter((address) => families.has(familyOf(address)));
    this.#speakFrom(ownAddresses.length > 0 ? known : [...families].map(anyAddress));
  }

  /** Nothing is sent while there is no key, no socket or no address. */
  send(to: string, hello: Hello): void {
    const authenticate = this.#sendingKey === undefined ? undefined : this.#keys.get(this.#sendingKey);
    if (this.#sendingKey === undefined || authenticate === undefined) return;
    for (const address of this.#neighbours.get(to) ?? []) {
      const socket = this.#socketOf(familyOf(address));
      if (socket === undefined) continue;
      const outcome = socket.send(encodeHello(hello, this.#sendingKey, authenticate, this.#writer), address);
      if (outcome === 'sent') this.#dependencies.counting.sent();
      else this.#dependencies.counting.sendFailed(outcome);
      return;
    }
  }

  /** What has arrived and was not read yet. */
  receive(): void {
    for (const socket of this.#sockets.values()) socket.receive();
  }

  close(): void {
    this.#retryTimer?.cancel();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #speakFrom(addresses: readonly IpAddress[]): void {
    this.#retryTimer?.cancel();
    for (const [address, socket] of this.#sockets) {
      if (addresses.includes(address)) continue;
      socket.close();
      this.#sockets.delete(address);
    }
    for (const address of addresses) {
      if (this.#sockets.has(address) || this.#open(address)) continue;
      this.#retryTimer = this.#dependencies.timers.start(RETRY_SOCKET_MS, () => this.#speakFrom(addresses));
    }
  }

  #open(address: IpAddress): boolean {
    try {
      const socket = this.#dependencies.datagrams.open({
        address,
        port: NEIGHBOUR_PORT,
        received: (octets, from) => this.#received(octets, from),
      });
      this.#sockets.set(address, socket);
      return true;
    } catch (error) {
      if (!(error instanceof DatagramSocketError)) throw error;
      this.#dependencies.refused(error.message);
      return false;
    }
  }

  /** What comes from no neighbour's address, or too fast, costs no cryptography. */
  #received(octets: Uint8Array, from: IpAddress): void {
    const { counting, clock } = this.#dependencies;
    counting.received();
    const allowance = this.#allowances.get(from);
    if (allowance === undefined) {
      counting.dropped('foreign-address');
      return;
    }
    const isExpected = allowance.incarnation !== undefined && claimedIncarnation(octets) === allowance.incarnation;
    if (!(isExpected ? allowance.believed : allowance.anybody).take(clock.nowMs())) {
      counting.dropped('rate-limit');
      return;
    }
    const hello = this.#decoded(octets);
    if (hello === undefined) return;
    allowance.incarnation = hello.incarnation;
    this.#dependencies.received(hello, from);
  }

  #decoded(octets: Uint8Array): Hello | undefined {
    try {
      return decodeHello(octets, (id) => this.#keys.get(id));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#dependencies.counting.dropped(error.code === 'unauthenticated' ? 'wrong-key' : 'malformed');
      return undefined;
    }
  }

  #socketOf(family: IpFamily): DatagramSocket | undefined {
    for (const [address, socket] of this.#sockets) if (familyOf(address) === family) return socket;
    return undefined;
  }

  #fullAllowance(): Allowance {
    const full = (): TokenBucket => new TokenBucket(RECEIVED_FROM_ONE, this.#dependencies.clock.nowMs());
    return { anybody: full(), believed: full(), incarnation: undefined };
  }
}

/** 0.0.0.0 or ::, for a node whose own addresses nobody told. */
function anyAddress(family: IpFamily): IpAddress {
  return ipFromValue(family, 0n);
}
