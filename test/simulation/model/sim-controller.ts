import type { ClaimOrder } from '../../../src/core/codec/hello/index.ts';
import { isStronger, type OwnershipGrant, type OwnershipNeighbour } from '../../../src/core/fsm/ownership/index.ts';
import type { IpAddress } from '../../../src/core/net/index.ts';
import type { Random } from '../../../src/ports/time.ts';
import type { Agenda } from './agenda.ts';
import type { SimNode } from './sim-node.ts';

const POLL_MS = 250;
const SILENT_AFTER_MS = 2000;
const ADOPT_AFTER_MS = 1000;
const SETTLED_AFTER_MS = 5000;
const SOON_MS = 20;
const LATE_MS = 800;
const LATE_SHARE = 0.1;

interface Session {
  readonly sinceMs: number;
  /** Which start of the speaker holds it. */
  readonly startedMs: number | undefined;
  readonly claims: Map<IpAddress, ClaimOrder>;
}

interface SimControllerDependencies {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly nodes: readonly SimNode[];
  /** Whether a node could hold a session now. */
  readonly reaches: (node: SimNode) => boolean;
  /** A grant that puts another node first was handed out. */
  readonly moved: () => void;
  /** It granted something, or a session began or ended. */
  readonly acted: () => void;
}

/** The controller, as simple as it may be: it keeps the present owner first, and gives a dead owner's addresses to who lives. */
export class SimController {
  readonly #with: SimControllerDependencies;
  readonly #grants = new Map<IpAddress, OwnershipGrant>();
  readonly #grantedMs = new Map<IpAddress, number>();
  readonly #sessions = new Map<string, Session>();
  readonly #endedMs = new Map<string, number>();
  #present = true;
  #generation = 1;
  #counter = 0;
  #actsFromMs = 0;

  constructor(candidates: ReadonlyMap<IpAddress, readonly string[]>, dependencies: SimControllerDependencies) {
    this.#with = dependencies;
    for (const [address, names] of candidates) this.#decide(address, names);
    this.#poll();
  }

  get present(): boolean {
    return this.#present;
  }

  /** Since when the node has had a session, in ms; undefined = it has none. */
  sessionSinceMs(name: string): number | undefined {
    return this.#sessions.get(name)?.sinceMs;
  }

  leave(): void {
    this.#present = false;
    for (const name of this.#sessions.keys()) this.#end(name);
  }

  /** Another leader: it first listens to what is claimed. */
  return(): void {
    if (this.#present) return;
    this.#present = true;
    this.#generation += 1;
    this.#actsFromMs = this.#with.agenda.nowMs + ADOPT_AFTER_MS;
    this.#with.agenda.at(this.#actsFromMs, () => {
      for (const address of this.#grants.keys()) this.#adopt(address);
    });
  }

  /** A planned move to another candidate. */
  move(address: IpAddress, to: string): void {
    const grant = this.#grants.get(address);
    if (!this.#present || grant === undefined || !grant.candidates.includes(to) || !this.#sessions.has(to)) return;
    this.#change(address, to);
  }

  /** What a speaker reports: heard only while it has a session. */
  reported(node: string, address: IpAddress, order: ClaimOrder | undefined): void {
    if (!this.#sessions.has(node)) return;
    this.#soon(() => {
      const session = this.#sessions.get(node);
      if (order === undefined) session?.claims.delete(address);
      else session?.claims.set(address, order);
      this.#reconcile(address);
    });
  }

  #poll(): void {
    for (const node of this.#with.nodes) {
      const session = this.#sessions.get(node.name);
      if (session !== undefined && session.startedMs !== node.startedMs) this.#end(node.name);
      const up = this.#present && node.isRunning && !node.isStalled && this.#with.reaches(node);
      if (up && !this.#sessions.has(node.name)) this.#begin(node);
      else if (!up && this.#sessions.has(node.name)) this.#end(node.name);
    }
    if (this.#present) for (const address of this.#grants.keys()) this.#reconcile(address);
    this.#with.agenda.after(POLL_MS, () => this.#poll());
  }

  #begin(node: SimNode): void {
    this.#with.acted();
    const claims = new Map<IpAddress, ClaimOrder>();
    for (const [address, held] of node.onWire) if (held.kind === 'claim') claims.set(address, held.order);
    this.#sessions.set(node.name, { sinceMs: this.#with.agenda.nowMs, startedMs: node.startedMs, claims });
    node.neighbours(this.#neighboursOf(node));
    node.grants(
      [...this.#grants.values()].filter(({ candidates }) => candidates.includes(node.name)),
      [],
    );
  }

  #end(name: string): void {
    this.#with.acted();
    this.#sessions.delete(name);
    this.#endedMs.set(name, this.#with.agenda.nowMs);
  }

  #neighboursOf(node: SimNode): OwnershipNeighbour[] {
    const names = new Set(
      [...this.#grants.values()].flatMap(({ candidates }) => (candidates.includes(node.name) ? candidates : [])),
    );
    return this.#with.nodes
      .filter(({ name }) => names.has(name))
      .map(({ name, address }) => ({ nodeName: name, addresses: [address] }));
  }

  #reconcile(address: IpAddress): void {
    const grant = this.#grants.get(address);
    const { nowMs } = this.#with.agenda;
    if (!this.#present || nowMs < this.#actsFromMs || grant === undefined) return;
    const owner = this.#ownerOf(address);
    const [first] = grant.candidates;
    if (owner === first || first === undefined) return;
    const firstIsThere = this.#sessions.has(first) || nowMs - (this.#endedMs.get(first) ?? 0) < SILENT_AFTER_MS;
    const isFresh = nowMs - (this.#grantedMs.get(address) ?? 0) < SETTLED_AFTER_MS;
    if (firstIsThere && isFresh) return;
    if (owner !== undefined) this.#change(address, owner);
    else if (!firstIsThere && this.#isGivenUp(first, grant)) {
      const next = grant.candidates.find((name) => this.#sessions.has(name));
      if (next !== undefined) this.#change(address, next);
    }
  }

  #adopt(address: IpAddress): void {
    const owner = this.#ownerOf(address);
    if (this.#present && owner !== undefined) this.#change(address, owner);
  }

  /** No candidate that has a session knows of any sign of life: others cannot stand in for it anyway. */
  #isGivenUp(name: string, { candidates }: OwnershipGrant): boolean {
    return this.#with.nodes.every((node) => {
      const standing = node.standings.get(name);
      if (!candidates.includes(node.name) || !this.#sessions.has(node.name) || standing === undefined) return true;
      return standing === 'down' || standing === 'deaf' || standing === 'never-heard';
    });
  }

  #ownerOf(address: IpAddress): string | undefined {
    let owner: { readonly name: string; readonly order: ClaimOrder } | undefined;
    for (const [name, { claims }] of this.#sessions) {
      const order = claims.get(address);
      if (order !== undefined && (owner === undefined || isStronger(order, name, owner.order, owner.name)))
        owner = { name, order };
    }
    return owner?.name;
  }

  #change(address: IpAddress, first: string): void {
    const candidates = this.#grants.get(address)?.candidates ?? [];
    const grant = this.#decide(address, [first, ...candidates.filter((name) => name !== first)]);
    if (candidates[0] !== first) this.#with.moved();
    for (const node of this.#with.nodes)
      if (this.#sessions.has(node.name) && grant.candidates.includes(node.name))
        this.#soon(() => {
          if (this.#sessions.has(node.name)) node.grants([grant], []);
        });
  }

  #decide(address: IpAddress, candidates: readonly string[]): OwnershipGrant {
    this.#with.acted();
    this.#counter += 1;
    const grant = { address, candidates, epoch: { generation: this.#generation, counter: this.#counter } };
    this.#grants.set(address, grant);
    this.#grantedMs.set(address, this.#with.agenda.nowMs);
    return grant;
  }

  #soon(happen: () => void): void {
    const { agenda, random } = this.#with;
    const limitMs = random.next() < LATE_SHARE ? LATE_MS : SOON_MS;
    agenda.after(random.next() * limitMs, happen);
  }
}
