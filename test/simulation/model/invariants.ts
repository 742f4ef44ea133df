import type { ClaimOrder } from '../../../src/core/codec/hello/index.ts';
import type { OwnershipAction } from '../../../src/core/fsm/ownership/index.ts';
import { PROMPT_PAUSE_MS } from '../../../src/core/fsm/ownership/timing.ts';
import { formatIp, type IpAddress } from '../../../src/core/net/index.ts';
import type { Cluster } from './cluster.ts';
import { wholeComponents } from './components.ts';
import type { Fault } from './fault.ts';
import { PairTimes } from './pair-times.ts';
import type { SimNode } from './sim-node.ts';

type ReleaseAction = Extract<OwnershipAction, { kind: 'release' }>;
type ClaimAction = Extract<OwnershipAction, { kind: 'claim' }>;

/** Within that long after the last disturbance there is one owner, and no address without an answer. */
const CALM_AFTER_MS = 1000;
/** The same while frames are lost, where nobody stands in and a silent speaker is waited for, and where some hear each other only through others. */
const CALM_LATER_MS = 2200;
const CONTROLLER_ACTS_WITHIN_MS = 6000;
const MEMORY_MS = 3000;
const GRACE_MS = 60_000;
/** A claim is known to whomever it can reach. */
const KNOWN_AFTER_MS = 1000;
/** So long a speaker that starts may need to say something. */
const FIRST_WORD_MS = 100;
/** So long a move has two owners. */
const HANDOVER_MS = 50;

/** Looks at the whole cluster, as nobody in it can, and notes what must not be. */
export class Invariants {
  readonly violations: string[] = [];
  readonly #cluster: Cluster;
  #disturbedMs = 0;
  /** When two nodes could last not reach each other. */
  readonly #apartMs = new PairTimes();
  /** When two nodes could last reach each other. */
  readonly #metMs = new PairTimes();
  /** When the first node could last have heard the speaker of the second. */
  readonly #spokeMs = new PairTimes();
  readonly #claimedMs = new Map<string, number>();
  /** What nodes held when they lost their power. */
  readonly #lost = new Set<string>();
  /** When a claim was made because the controller wanted so. */
  readonly #grantedMs = new Map<string, number>();
  /** When a node last started, or woke from a stall. */
  readonly #wokeMs = new Map<string, number>();
  #components: readonly (readonly SimNode[])[] | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Called before and after a fault. */
  disturbed(fault: Fault): void {
    const { nowMs } = this.#cluster.agenda;
    this.#disturbedMs = nowMs;
    this.#components = undefined;
    if ('node' in fault) this.#wokeMs.set(fault.node, nowMs);
    if (fault.kind === 'speaker-kill' || fault.kind === 'power-cut') this.#forgetClaims(fault);
    this.#observe(nowMs);
  }

  /** The controller gave an address to another. */
  moved(): void {
    this.#disturbedMs = this.#cluster.agenda.nowMs;
  }

  /** Nobody gives way to a weaker claim. */
  released(node: SimNode, { address, reason, to }: ReleaseAction): void {
    const { nowMs } = this.#cluster.agenda;
    const claimedMs = this.#claimedMs.get(`${node.name} ${address}`) ?? 0;
    this.#claimedMs.delete(`${node.name} ${address}`);
    const own = node.onWire.get(address);
    if (reason === 'unheard' && to !== undefined) {
      const lastMs = this.#lastApartMs(node, this.#cluster.node(to));
      if (nowMs - lastMs > MEMORY_MS) this.#violate(`${to} hears ${node.name}`);
      return;
    }
    const other = this.#cluster.nodes.find(({ name }) => name === to)?.onWire.get(address);
    if (own?.kind !== 'claim' || other?.kind !== 'claim' || to === undefined) return;
    const taker = { ...other, name: to, alone: false };
    // It may have noticed only now that it was cut off, or when it took over, and have said nothing since.
    const isUnsaid = nowMs - this.#awakeSinceMs(node) < KNOWN_AFTER_MS || nowMs - claimedMs < PROMPT_PAUSE_MS;
    const wasAlone = node.alone || isUnsaid;
    const yields = [false, wasAlone].some((alone) => prevails(taker, { ...own, name: node.name, alone }));
    if (!yields) this.#violate(`${node.name} gives ${formatIp(address)} to the weaker claim of ${to} as ${reason}`);
  }

  /** Every change of owner needs a reason, and the reason has to be true. */
  claimed(node: SimNode, action: ClaimAction): void {
    const { nowMs } = this.#cluster.agenda;
    const key = `${node.name} ${action.address}`;
    this.#lost.delete(key);
    const why = this.#untrue(node, action, nowMs);
    if (why !== undefined) this.#violate(`${node.name} claims ${formatIp(action.address)} as ${action.reason}: ${why}`);
    if (action.reason !== 'confirmed') this.#checkNoFailback(node, action, nowMs);
    if (!this.#claimedMs.has(key)) this.#claimedMs.set(key, nowMs);
    if (action.reason === 'granted') this.#grantedMs.set(key, nowMs);
  }

  sample(): void {
    const { nowMs } = this.#cluster.agenda;
    const { nodes, network, addresses, standIn } = this.#cluster;
    const sinceMs = nowMs - this.#disturbedMs;
    if (sinceMs < CALM_AFTER_MS) return;
    const { loss, lateness } = network.weather;
    const isSlow = loss + lateness > 0 || !standIn;
    if (isSlow && sinceMs < CALM_LATER_MS) return;
    for (const address of addresses) this.#checkOneOwner(address, sinceMs);
    this.#components ??= wholeComponents(nodes, network);
    for (const component of this.#components)
      for (const address of addresses) this.#checkServed(component, address, nowMs);
  }

  /** Who stopped has claimed nothing until it claims again. */
  #forgetClaims({ kind, node }: { readonly kind: Fault['kind']; readonly node: string }): void {
    for (const address of this.#cluster.addresses) {
      this.#claimedMs.delete(`${node} ${address}`);
      if (kind === 'power-cut') this.#lost.add(`${node} ${address}`);
    }
  }

  #checkOneOwner(address: IpAddress, sinceMs: number): void {
    const owners = this.#cluster.nodes.filter(
      (node) => node.onWire.get(address)?.kind === 'claim' && !node.isStalled && !this.#takesOver(node, address),
    );
    for (const [at, owner] of owners.entries())
      for (const other of owners.slice(at + 1))
        if (this.#together(owner, other) || (sinceMs >= CALM_LATER_MS && this.#oneHearsTheOther(owner, other)))
          this.#violate(`${formatIp(address)} has the owners ${owner.name} and ${other.name}`);
  }

  /** What one says reaches the other but not the other way round, and a neighbour of both tells them that they live. */
  #oneHearsTheOther(a: SimNode, b: SimNode): boolean {
    const { network, nodes } = this.#cluster;
    if (!network.reaches(a.name, b.name) && !network.reaches(b.name, a.name)) return false;
    // A start that nothing reaches cannot prove that it lives.
    const metMs = this.#metMs.get(a.name, b.name) ?? 0;
    if (metMs < Math.max(this.#awakeSinceMs(a), this.#awakeSinceMs(b))) return false;
    return nodes.some(
      (node) =>
        [a, b].every((owner) => this.#speaks(node, owner) && this.#together(node, owner) && node.knows(owner.name)) &&
        this.#cluster.agenda.nowMs > this.#awakeSinceMs(node) + CALM_LATER_MS,
    );
  }

  /** What the controller moves its new owner claims first: the former one stops when it has heard that. */
  #takesOver(node: SimNode, address: IpAddress): boolean {
    const grantedMs = this.#grantedMs.get(`${node.name} ${address}`);
    return grantedMs !== undefined && this.#cluster.agenda.nowMs < grantedMs + HANDOVER_MS;
  }

  #checkServed(component: readonly SimNode[], address: IpAddress, nowMs: number): void {
    const isServed = component.some((node) => {
      const held = node.onWire.get(address);
      if (held === undefined || node.isStalled) return false;
      if (held.kind === 'claim') return true;
      return component.some(({ name, powered }) => name === held.owner && powered);
    });
    if (isServed || !component.some((node) => this.#couldServe(node, address, nowMs))) return;
    this.#violate(`nobody answers for ${formatIp(address)} among ${component.map(({ name }) => name).join(', ')}`);
  }

  /** A candidate that was there when the address had an owner, or that the controller can tell what to do. */
  #couldServe(node: SimNode, address: IpAddress, nowMs: number): boolean {
    const grant = node.grantOf(address);
    if (grant === undefined || node.startedMs === undefined || node.isStalled || node.leaving) return false;
    if (!grant.candidates.includes(node.name) || nowMs < this.#awakeSinceMs(node) + 2 * CALM_AFTER_MS) return false;
    const sessionMs = this.#cluster.controller.sessionSinceMs(node.name);
    const isHeldElsewhere = this.#cluster.nodes.some(({ onWire }) => onWire.has(address));
    const toldMs = Math.max(sessionMs ?? nowMs, this.#disturbedMs) + CONTROLLER_ACTS_WITHIN_MS;
    if (!isHeldElsewhere && nowMs >= toldMs) return true;
    return grant.candidates.every((name) => name === node.name || isKnown(node.standings.get(name)));
  }

  #untrue(node: SimNode, { address, reason, from }: ClaimAction, nowMs: number): string | undefined {
    const fresh = (atMs: number | undefined, withinMs: number): boolean =>
      atMs !== undefined && nowMs - atMs <= withinMs;
    switch (reason) {
      case 'neighbour-down':
      case 'neighbour-deaf':
        return this.#lost.has(`${from} ${address}`) ||
          fresh(this.#lastApartMs(node, this.#cluster.node(from ?? '')), MEMORY_MS)
          ? undefined
          : `${from} was within reach`;
      case 'grace-over':
        return fresh(this.#lastSpokeMs(node, this.#cluster.node(from ?? '')), 0.99 * GRACE_MS)
          ? `${from} spoke`
          : undefined;
      case 'neighbour-stopped':
        return fresh(this.#disturbedMs, MEMORY_MS) || !this.#speaks(this.#cluster.node(from ?? ''), node)
          ? undefined
          : `${from} did not stop`;
      case 'owner-released':
        return from !== undefined && this.#has(this.#cluster.node(from), address, node, nowMs)
          ? `${from} still has it`
          : undefined;
      case 'granted':
      case 'confirmed':
        return node.grantOf(address)?.candidates[0] === node.name ? undefined : 'the controller did not say so';
      case 'restored':
        return fresh(this.#wokeMs.get(node.name), MEMORY_MS) ? undefined : 'it did not restart';
      case 'link-up':
      case 'unclaimed':
        return this.#cluster.nodes.some((other) => other !== node && this.#has(other, address, node, nowMs))
          ? 'somebody had it'
          : undefined;
      default:
        return reason satisfies never;
    }
  }

  /** Nobody claims what another, whom it can hear, has claimed with more right for a while. */
  #checkNoFailback(node: SimNode, { address, order, reason }: ClaimAction, nowMs: number): void {
    for (const other of this.#cluster.nodes) {
      const held = other.onWire.get(address);
      if (other === node || held?.kind !== 'claim' || !this.#has(other, address, node, nowMs)) continue;
      if (prevails({ order: held.order, name: other.name, alone: false }, { order, name: node.name, alone: false }))
        this.#violate(
          `${node.name} claims ${formatIp(address)} as ${reason} from ${other.name}, whose claim is stronger`,
        );
    }
  }

  /** The first node has had the address for so long that the second must know, if it was awake. */
  #has(other: SimNode, address: IpAddress, node: SimNode, nowMs: number): boolean {
    if (other.isStalled || other.onWire.get(address)?.kind !== 'claim' || !this.#known(other, address, nowMs))
      return false;
    const sinceMs = Math.max(this.#lastApartMs(node, other), this.#wokeMs.get(other.name) ?? 0);
    return nowMs > sinceMs + KNOWN_AFTER_MS;
  }

  /** A link that flaps is trusted later, too. */
  #awakeSinceMs(node: SimNode): number {
    return Math.max(node.startedMs ?? 0, node.namedMs ?? 0, this.#wokeMs.get(node.name) ?? 0);
  }

  #lastApartMs(a: SimNode, b: SimNode): number {
    return this.#together(a, b) ? (this.#apartMs.get(a.name, b.name) ?? 0) : this.#cluster.agenda.nowMs;
  }

  #lastSpokeMs(hearer: SimNode, speaker: SimNode): number {
    return this.#speaks(speaker, hearer)
      ? this.#cluster.agenda.nowMs
      : (this.#spokeMs.get(hearer.name, speaker.name) ?? 0);
  }

  #speaks(speaker: SimNode, hearer: SimNode): boolean {
    if (speaker.namedMs === undefined || !speaker.isRunning || speaker.isStalled || speaker.leaving) return false;
    if (this.#cluster.agenda.nowMs < speaker.namedMs + FIRST_WORD_MS) return false;
    return this.#cluster.network.reaches(speaker.name, hearer.name);
  }

  #known(node: SimNode, address: IpAddress, nowMs: number): boolean {
    return nowMs - (this.#claimedMs.get(`${node.name} ${address}`) ?? nowMs) > KNOWN_AFTER_MS;
  }

  #together(a: SimNode, b: SimNode): boolean {
    const { network } = this.#cluster;
    return a.powered && b.powered && network.reaches(a.name, b.name) && network.reaches(b.name, a.name);
  }

  #observe(nowMs: number): void {
    const { nodes } = this.#cluster;
    for (const a of nodes)
      for (const b of nodes) {
        if (a === b) continue;
        (this.#together(a, b) ? this.#metMs : this.#apartMs).set(a.name, b.name, nowMs);
        if (this.#speaks(b, a)) this.#spokeMs.set(a.name, b.name, nowMs);
      }
  }

  #violate(what: string): void {
    if (this.violations.length < 20) this.violations.push(`${(this.#cluster.nowMs / 1000).toFixed(3)} s: ${what}`);
  }
}

function isKnown(standing: string | undefined): boolean {
  return standing !== undefined && standing !== 'never-heard';
}

interface Contender {
  readonly order: ClaimOrder;
  readonly name: string;
  readonly alone: boolean;
}

/** The order of claims once more, so that the machine's own may be wrong. */
function prevails(a: Contender, b: Contender): boolean {
  const digits = ({ order: { epoch, term, rank }, alone }: Contender): number[] => {
    return [epoch.generation, epoch.counter, alone ? 0 : 1, term, 255 - rank];
  };
  const [ofA, ofB] = [digits(a), digits(b)];
  const at = ofA.findIndex((digit, index) => digit !== ofB[index]);
  return at === -1 ? a.name < b.name : (ofA[at] ?? 0) > (ofB[at] ?? 0);
}
