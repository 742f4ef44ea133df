import { compareEpochs } from '../../../src/controller/announcer/epochs.ts';
import type { SpeakerRegistry } from '../../../src/controller/speakers/speaker-registry.ts';
import { type IpAddress, parseIp } from '../../../src/core/net/index.ts';
import type {
  Claim,
  ControllerMessage,
  Epoch,
  Grant,
  InterfaceReport,
  SpeakerMessage,
  SpeakerSession,
} from '../../../src/ports/channel.ts';

/**
 * A speaker by the contract, without gRPC and without packets: it announces what it is first for, reports each change, and
 * acks. It goes on announcing without a session.
 */
export class ModelSpeaker {
  readonly nodeName: string;
  readonly grants = new Map<IpAddress, Grant>();
  readonly claims = new Map<IpAddress, Epoch>();
  /** Of the claims that are takeovers. */
  readonly terms = new Map<IpAddress, number>();
  /** Newest epoch that it ever had for an address. */
  readonly held = new Map<IpAddress, Epoch>();
  interfaces: readonly InterfaceReport[] = [
    { name: 'eth0', mac: 0x0200_0000_0001 as InterfaceReport['mac'], up: true },
  ];
  /** What it was told of its neighbours last. */
  neighbours: Extract<ControllerMessage, { kind: 'neighbours' }> | undefined;
  /** Grants and revocations received. */
  updates = 0;
  /** Called with each thing that becomes true on the wire. */
  onWire: (what: 'claim' | 'silence', address: IpAddress) => void = () => undefined;
  /** False: it takes grants, but does not get around to claiming. */
  claiming = true;
  #registry: SpeakerRegistry | undefined;
  #session: SpeakerSession | undefined;

  constructor(nodeName: string) {
    this.nodeName = nodeName;
  }

  dial(registry: SpeakerRegistry): void {
    const inbox: ControllerMessage[] = [];
    const session: SpeakerSession = {
      nodeName: this.nodeName,
      podUid: `uid-${this.nodeName}`,
      send: (message) => {
        inbox.push(message);
        queueMicrotask(() => {
          const next = inbox.shift();
          if (next !== undefined && this.#session === session) this.#receive(next);
        });
        return true;
      },
      close: (end) => {
        if (this.#session === session) this.#session = undefined;
        registry.closed(session, end);
      },
    };
    this.#registry = registry;
    this.#session = session;
    registry.opened(session, {
      kind: 'hello',
      nodeName: this.nodeName,
      instanceId: `i-${this.nodeName}`,
      version: 'model',
      interfaces: this.interfaces,
      claims: this.#claims(),
      ...this.#newestEpoch(),
    });
  }

  /** The connection goes; the speaker lives. */
  drop(): void {
    this.#session?.close('transport', '');
  }

  /** Session and claims are gone at one moment, and nobody says so. */
  cutPower(): void {
    this.#session = undefined;
    this.grants.clear();
    this.claims.clear();
    this.terms.clear();
  }

  /** By its neighbours' silence, without the controller: by the grant that it holds, with the next term. */
  takeOver(text: string, { reason = 'neighbour-down', gapMs = 400 } = {}): void {
    const address = parseIp(text);
    const grant = address === undefined ? undefined : this.grants.get(address);
    if (grant === undefined) throw new Error(`${this.nodeName} has no grant for ${text}`);
    this.claims.set(grant.address, grant.epoch);
    this.terms.set(grant.address, (this.terms.get(grant.address) ?? 0) + 1);
    this.onWire('claim', grant.address);
    const claim = { address: grant.address, epoch: grant.epoch, term: this.#termOf(grant.address), heldForMs: 0 };
    this.say({ kind: 'claims', made: [{ ...claim, reason, gapMs }], dropped: [] });
  }

  beat(): void {
    this.say({ kind: 'heartbeat' });
  }

  say(message: Exclude<SpeakerMessage, { kind: 'hello' }>): void {
    if (this.#session !== undefined) this.#registry?.received(this.#session, message);
  }

  #receive(message: ControllerMessage): void {
    if (message.kind === 'neighbours') this.neighbours = message;
    if (message.kind !== 'snapshot' && message.kind !== 'delta') return;
    if (message.kind === 'snapshot') this.grants.clear();
    for (const grant of message.grants) this.#take(grant, message.revision);
    for (const address of message.kind === 'delta' ? message.revoked : []) this.grants.delete(address);
    this.updates += message.grants.length + (message.kind === 'delta' ? message.revoked.length : 0);
    this.act();
    this.say({ kind: 'ack', revision: message.revision });
  }

  #take(grant: Grant, revision: number): void {
    const before = this.held.get(grant.address);
    if (before !== undefined && compareEpochs(grant.epoch, before) < 0) {
      this.say({ kind: 'reject', revision, address: grant.address, reason: 'older than what is held' });
      return;
    }
    if (before === undefined || compareEpochs(grant.epoch, before) > 0) this.terms.delete(grant.address);
    this.grants.set(grant.address, grant);
    this.held.set(grant.address, grant.epoch);
  }

  /** Makes the wire what the grants say, and reports the difference. */
  act(): void {
    const made: Claim[] = [];
    for (const { address, epoch, candidates } of this.grants.values()) {
      if (!this.claiming || candidates[0] !== this.nodeName) continue;
      const before = this.claims.get(address);
      if (before?.generation === epoch.generation && before.counter === epoch.counter) continue;
      this.claims.set(address, epoch);
      this.terms.delete(address);
      made.push({ address, epoch, term: 0 });
      if (before === undefined) this.onWire('claim', address);
    }
    const dropped = [...this.claims.keys()].filter((address) => {
      const candidates = this.grants.get(address)?.candidates;
      // Whoever is taken off the list goes on until the grant is revoked: make before break.
      if (candidates === undefined) return true;
      return candidates.includes(this.nodeName) && candidates[0] !== this.nodeName && !this.terms.has(address);
    });
    for (const address of dropped) {
      this.claims.delete(address);
      this.terms.delete(address);
      this.onWire('silence', address);
    }
    if (made.length + dropped.length > 0) this.say({ kind: 'claims', made, dropped });
  }

  #newestEpoch(): { readonly newestEpoch?: Epoch } {
    const [newestEpoch] = [...this.grants.values()].map(({ epoch }) => epoch).sort((a, b) => compareEpochs(b, a));
    return newestEpoch === undefined ? {} : { newestEpoch };
  }

  #termOf(address: IpAddress): number {
    return this.terms.get(address) ?? 0;
  }

  #claims(): Claim[] {
    return [...this.claims].map(([address, epoch]) => ({ address, epoch, term: this.#termOf(address) }));
  }
}
