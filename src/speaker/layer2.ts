import { UNRANKED } from '../core/codec/hello/index.ts';
import { compareEpochs } from '../core/fsm/ownership/index.ts';
import { formatIp, type IpAddress } from '../core/net/index.ts';
import type {
  Claim,
  ControllerMessage,
  Epoch,
  Grant,
  HelloKey,
  Neighbour,
  NeighbourReport,
  SpeakerMessage,
} from '../ports/channel.ts';
import type { Log } from '../ports/log.ts';
import type { HeldClaim, OwnershipChange, PacketNotice, PacketPlane } from '../ports/packet-plane.ts';
import type { SecretBox } from '../ports/secret-box.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Timers } from '../ports/time.ts';
import { type GrantMessage, grantChange } from './grant-change.ts';
import { decodeLayer2State, encodeLayer2State } from './local-state/layer2-state.ts';
import { StateKeeper } from './local-state/state-keeper.ts';
import type { SpeakerMeter } from './metrics.ts';

const MAX_GRANTS = 65_536;
/** A change of a thousand addresses is one line, with some of them. */
const ADDRESSES_IN_A_LINE = 8;

/** What the controller says about layer 2. */
export type Layer2Message = Extract<
  ControllerMessage,
  { readonly kind: 'snapshot' | 'delta' | 'neighbours' | 'hello-keys' | 'reclaim' | 'probe' }
>;

/** What the packet plane tells about ownership. */
export type Layer2Notice = Extract<
  PacketNotice,
  { readonly kind: 'claims' | 'ownership' | 'neighbourhood' | 'verified' | 'probed' }
>;

export interface Layer2Options {
  readonly nodeName: string;
}

export interface Layer2Dependencies {
  readonly plane: PacketPlane;
  readonly send: (message: Exclude<SpeakerMessage, { kind: 'hello' }>) => void;
  readonly store: StateStore;
  readonly secrets: SecretBox;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: SpeakerMeter;
  /** An address is not claimed any more. */
  readonly released: () => void;
}

/** What this node may announce and does announce: between controller, packet plane and local state. */
export class Layer2 {
  readonly #nodeName: string;
  readonly #dependencies: Layer2Dependencies;
  readonly #keeper: StateKeeper;
  /** BOUNDED: by MAX_GRANTS. */
  readonly #grants = new Map<IpAddress, Grant>();
  /** BOUNDED: by the grants. */
  readonly #claims = new Map<IpAddress, Claim>();
  /** BOUNDED: by the controller, 32. */
  #neighbours: readonly Neighbour[] = [];
  #ownAddresses: readonly IpAddress[] = [];
  /** BOUNDED: by the controller, 2. */
  #keys: readonly HelloKey[] = [];
  /** BOUNDED: by the neighbours. */
  #seen: readonly NeighbourReport[] = [];

  constructor({ nodeName }: Layer2Options, dependencies: Layer2Dependencies) {
    this.#nodeName = nodeName;
    this.#dependencies = dependencies;
    this.#keeper = new StateKeeper(
      { name: 'layer2' },
      { ...dependencies, failures: dependencies.meter.stateFailures, value: () => this.#state() },
    );
  }

  /** Everything that is announced. */
  get claims(): Claim[] {
    return [...this.#claims.values()];
  }

  /** Of the grants; undefined without any. */
  get newestEpoch(): Epoch | undefined {
    let newest: Epoch | undefined;
    for (const { epoch } of this.#grants.values())
      if (newest === undefined || compareEpochs(epoch, newest) > 0) newest = epoch;
    return newest;
  }

  /** Goes on where the last process of this node stopped. To be called once the packet plane has started. */
  async restore(): Promise<void> {
    const state = await this.#keeper.restore((kept) => decodeLayer2State(kept, this.#dependencies.secrets));
    if (state === undefined) return;
    this.#neighbours = state.neighbours;
    this.#ownAddresses = state.ownAddresses;
    if (state.keys === undefined)
      this.#keeper.refuse('foreign', 'its hello keys were not sealed here: the controller has to send new ones');
    this.#keys = state.keys ?? [];
    for (const grant of state.grants.slice(0, MAX_GRANTS)) this.#grants.set(grant.address, grant);
    const claims = state.claims.filter(({ address }) => this.#grants.has(address));
    for (const { address, epoch, term } of claims) this.#claims.set(address, { address, epoch, term });
    const { plane, log } = this.#dependencies;
    plane.command({ kind: 'hello-keys', keys: this.#keys });
    plane.command({
      kind: 'restore',
      neighbours: this.#neighbours,
      ownAddresses: this.#ownAddresses,
      grants: [...this.#grants.values()],
      claims,
    });
    this.#count();
    log.info('local-state-restored', { grants: this.#grants.size, claims: claims.length });
  }

  received(message: Layer2Message): void {
    const { plane } = this.#dependencies;
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
        this.#granted(message);
        return;
      case 'neighbours':
        this.#neighbours = message.neighbours;
        this.#ownAddresses = message.ownAddresses;
        plane.command(message);
        break;
      case 'hello-keys':
        this.#keys = message.keys;
        plane.command(message);
        break;
      case 'reclaim':
      case 'probe':
        plane.command(message);
        return;
      default:
        message satisfies never;
    }
    this.#keeper.changed();
  }

  noticed(notice: Layer2Notice): void {
    switch (notice.kind) {
      case 'claims':
        this.#claimed(notice.claimed, notice.released);
        return;
      case 'ownership':
        this.#changed(notice.changes);
        return;
      case 'neighbourhood':
        this.#seen = notice.neighbours;
        this.#dependencies.meter.neighbours(notice.neighbours);
        this.#dependencies.send(notice);
        return;
      case 'probed':
        this.#dependencies.send(notice);
        return;
      case 'verified':
        this.#dependencies.meter.verified(notice.agrees);
        this.#dependencies.send(notice);
        return;
      default:
        notice satisfies never;
    }
  }

  /** What a new session has to be told beyond its hello. */
  get neighbourhood(): Extract<SpeakerMessage, { readonly kind: 'neighbourhood' }> {
    return { kind: 'neighbourhood', neighbours: this.#seen };
  }

  /** Whether a neighbour that hears this node will stand in for each of its addresses. */
  get isCovered(): boolean {
    const heard = new Set(this.#seen.filter(({ state }) => state === 'heard').map(({ nodeName }) => nodeName));
    return [...this.#claims.keys()].every((address) =>
      this.#grants.get(address)?.candidates.some((candidate) => heard.has(candidate)),
    );
  }

  /** Keeps the last state for the next process. */
  async close(): Promise<void> {
    await this.#keeper.close();
  }

  #granted(message: GrantMessage): void {
    const { plane, log, meter, send } = this.#dependencies;
    const change = grantChange(this.#grants, message, { nodeName: this.#nodeName, capacity: MAX_GRANTS });
    for (const address of change.revoked) this.#grants.delete(address);
    for (const grant of change.granted) this.#grants.set(grant.address, grant);
    if (change.granted.length + change.revoked.length > 0) {
      plane.command({ kind: 'change', grants: change.granted, revoked: change.revoked });
      this.#keeper.changed();
    }
    this.#count();
    meter.rejected(change.rejected.length);
    for (const { address, reason } of change.rejected) {
      log.warn('grant-rejected', { address: formatIp(address), reason });
      send({ kind: 'reject', revision: message.revision, address, reason });
    }
    // A rejection counts as an acknowledgement of what was not rejected.
    if (change.rejected.length === 0) send({ kind: 'ack', revision: message.revision });
  }

  #claimed(claimed: readonly Claim[], released: readonly IpAddress[]): void {
    for (const claim of claimed) this.#claims.set(claim.address, claim);
    for (const address of released) this.#claims.delete(address);
    this.#dependencies.send({ kind: 'claims', made: claimed, dropped: released });
    this.#count();
    this.#keeper.changed();
    if (released.length > 0) this.#dependencies.released();
  }

  /** One line for all that changed for one reason at once. */
  #changed(changes: readonly OwnershipChange[]): void {
    for (const alike of Map.groupBy(
      changes,
      ({ holding, reason, other }) => `${holding} ${reason} ${other}`,
    ).values()) {
      const [first] = alike;
      if (first === undefined) continue;
      const { holding, reason, other } = first;
      const addresses = alike.map(({ address }) => address);
      this.#dependencies.meter.ownership({ holding, reason }, addresses);
      // A newer grant of what is announced already is no news.
      if (reason === 'confirmed') continue;
      const gaps = alike.flatMap(({ gapMs }) => (gapMs === undefined ? [] : [gapMs]));
      this.#dependencies.log.info('ownership-changed', {
        holding,
        reason,
        ...(other === undefined ? {} : { other }),
        ...(gaps.length === 0 ? {} : { gapMs: Math.max(...gaps) }),
        count: alike.length,
        addresses: addresses.slice(0, ADDRESSES_IN_A_LINE).map(formatIp),
      });
    }
  }

  #count(): void {
    this.#dependencies.meter.holds(this.#grants.size, this.#claims.size);
  }

  #state(): unknown {
    const state = {
      grants: [...this.#grants.values()],
      claims: [...this.#claims.values()].map((claim) => this.#held(claim)),
      neighbours: this.#neighbours,
      ownAddresses: this.#ownAddresses,
      keys: this.#keys,
    };
    return encodeLayer2State(state, this.#dependencies.secrets);
  }

  #held({ address, epoch, term }: Claim): HeldClaim {
    const rank = this.#grants.get(address)?.candidates.indexOf(this.#nodeName) ?? -1;
    return { address, epoch, term, rank: rank < 0 ? UNRANKED : rank };
  }
}
