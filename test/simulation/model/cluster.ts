import type { OwnershipAction } from '../../../src/core/fsm/ownership/index.ts';
import { type IpAddress, ipv4FromValue } from '../../../src/core/net/index.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { Agenda } from './agenda.ts';
import type { Fault, Scenario } from './fault.ts';
import { Invariants } from './invariants.ts';
import { Network } from './network.ts';
import { SimController } from './sim-controller.ts';
import { SimNode } from './sim-node.ts';

const CANDIDATES = 3;
const LARGEST_DRIFT = 0.001;
const SAMPLE_MS = 50;
const CALM_SAMPLE_MS = 500;
/** Long enough for every promise that is kept sooner or later. */
const CALM_AFTER_MS = 10_000;
/**
 * Longer than every timer and every memory of the protocol, of which the grace time of a stand-in is the longest. When nothing
 * but hellos, answers to them and questions to kernels and gateways happened for so long, each round repeats the one before.
 */
const QUIET_AFTER_MS = 75_000;
/** This much of a quiet time is played before the next fault. */
const LEAD_MS = 1000;

export interface Line {
  /** Of the scenario, what was skipped included. */
  readonly atMs: number;
  readonly node: string;
  readonly action: OwnershipAction;
}

/** Nodes, LAN and controller of one scenario, in virtual time. */
export class Cluster {
  readonly agenda = new Agenda();
  readonly network: Network;
  readonly nodes: readonly SimNode[];
  readonly controller: SimController;
  readonly addresses: readonly IpAddress[];
  /** Changes of who announces or answers what. */
  readonly lines: Line[] = [];
  readonly invariants: Invariants;
  readonly #scenario: Scenario;
  #skippedMs = 0;
  /** When something happened last, in ms of the agenda. */
  #happenedMs = 0;
  readonly #byName: ReadonlyMap<string, SimNode>;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const random = seededRandom(scenario.seed);
    this.network = new Network(this.agenda, random);
    this.nodes = Array.from({ length: scenario.nodes }, (_, index) => {
      const rate = 1 + (2 * random.next() - 1) * LARGEST_DRIFT;
      return new SimNode(
        { name: nodeName(index), index, rate, standIn: scenario.standIn, timing: {} },
        {
          agenda: this.agenda,
          network: this.network,
          random,
          node: (name) => this.#byName.get(name),
          acted: (node, action) => this.#acted(node, action),
        },
      );
    });
    this.#byName = new Map(this.nodes.map((node) => [node.name, node]));
    this.addresses = Array.from({ length: scenario.addresses }, (_, index) => ipv4FromValue(0xc0a8_0001 + index));
    this.invariants = new Invariants(this);
    for (const node of this.nodes) this.agenda.at(random.next() * 50, () => node.start());
    this.controller = new SimController(this.#placement(), {
      agenda: this.agenda,
      random,
      nodes: this.nodes,
      reaches: (node) => node.linkUp && node.powered,
      moved: () => this.invariants.moved(),
      acted: () => this.#happened(),
    });
    this.#sample();
  }

  /** Whether nodes stand in for silent speakers. */
  get standIn(): boolean {
    return this.#scenario.standIn;
  }

  node(name: string): SimNode {
    const node = this.#byName.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  /** Time of the scenario, in ms. */
  get nowMs(): number {
    return this.agenda.nowMs + this.#skippedMs;
  }

  /** How much of the time was played event by event, in ms. */
  get playedMs(): number {
    return this.agenda.nowMs;
  }

  run(): void {
    const faults = [...this.#scenario.faults].sort((a, b) => a.atMs - b.atMs);
    for (const fault of faults) {
      this.#playUntil(fault.atMs);
      this.#apply(fault);
    }
    this.#playUntil(this.#scenario.lastsMs);
  }

  /** Plays every event, but leaves out what would only be repeated. */
  #playUntil(endMs: number): void {
    let quietFromMs = this.#quietFromMs;
    while (this.#mayBecomeQuiet && quietFromMs + LEAD_MS < endMs - this.#skippedMs) {
      this.agenda.runUntil(quietFromMs);
      if (this.#quietFromMs === quietFromMs) {
        this.#skippedMs = endMs - quietFromMs - LEAD_MS;
        break;
      }
      quietFromMs = this.#quietFromMs;
    }
    this.agenda.runUntil(endMs - this.#skippedMs);
  }

  get #quietFromMs(): number {
    return Math.max(this.#happenedMs + QUIET_AFTER_MS, this.agenda.nowMs);
  }

  /** Where frames are lost by chance, anything may happen at any time. */
  get #mayBecomeQuiet(): boolean {
    const { loss, duplication, lateness } = this.network.weather;
    return this.#scenario.skipsQuiet !== false && loss + duplication + lateness === 0;
  }

  #happened(): void {
    this.#happenedMs = this.agenda.nowMs;
  }

  #placement(): Map<IpAddress, string[]> {
    const count = Math.min(CANDIDATES, this.nodes.length);
    return new Map(
      this.addresses.map((address, index) => [
        address,
        Array.from({ length: count }, (_, rank) => nodeName((index + rank) % this.nodes.length)),
      ]),
    );
  }

  #acted(node: SimNode, action: OwnershipAction): void {
    // Hellos that are refused are refused each round.
    if (action.kind !== 'refused') this.#happened();
    if (action.kind === 'claim') {
      this.#note(node, action);
      this.invariants.claimed(node, action);
      this.controller.reported(node.name, action.address, action.order);
    } else if (action.kind === 'release') {
      this.#note(node, action);
      this.invariants.released(node, action);
      this.controller.reported(node.name, action.address, undefined);
    } else if (action.kind === 'stand-in' || action.kind === 'standing' || action.kind === 'hush')
      this.#note(node, action);
  }

  #note(node: SimNode, action: OwnershipAction): void {
    this.lines.push({ atMs: this.nowMs, node: node.name, action });
  }

  #sample(): void {
    this.invariants.sample();
    const isCalm = this.agenda.nowMs > this.#happenedMs + CALM_AFTER_MS;
    this.agenda.after(isCalm ? CALM_SAMPLE_MS : SAMPLE_MS, () => this.#sample());
  }

  #apply(fault: Fault): void {
    this.#happened();
    this.invariants.disturbed(fault);
    switch (fault.kind) {
      case 'power-cut':
        this.node(fault.node).cutPower();
        break;
      case 'power-on':
        this.node(fault.node).power();
        this.node(fault.node).start();
        break;
      case 'speaker-kill':
        this.node(fault.node).kill();
        break;
      case 'speaker-start':
        this.node(fault.node).start();
        break;
      case 'speaker-leave':
        this.node(fault.node).leave();
        break;
      case 'link-down':
      case 'link-up':
        this.node(fault.node).setLink(fault.kind === 'link-up');
        break;
      case 'stall':
        this.agenda.after(fault.forMs, () => {
          this.#happened();
          this.invariants.disturbed(fault);
        });
        this.node(fault.node).stall(fault.forMs);
        break;
      case 'partition':
        this.#partition(fault.groups);
        break;
      case 'one-way':
        this.network.cut(fault.from, fault.to);
        break;
      case 'heal':
        this.network.heal();
        break;
      case 'weather':
        this.network.weather = fault.weather;
        break;
      case 'controller-away':
        this.controller.leave();
        break;
      case 'controller-back':
        this.controller.return();
        break;
      case 'move': {
        const address = this.addresses[fault.index];
        if (address !== undefined) this.controller.move(address, fault.to);
        break;
      }
      default:
        fault satisfies never;
    }
    this.invariants.disturbed(fault);
  }

  #partition(groups: readonly (readonly string[])[]): void {
    for (const group of groups)
      for (const from of group)
        for (const to of groups.flat())
          if (!group.includes(to)) {
            this.network.cut(from, to);
            this.network.cut(to, from);
          }
  }
}

export function nodeName(index: number): string {
  return `node-${index}`;
}
