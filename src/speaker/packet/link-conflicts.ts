import {
  CONFLICT,
  type ConflictEvent,
  type ConflictState,
  NO_CONFLICT,
  stepConflict,
} from '../../core/fsm/conflict/index.ts';
import type { IpAddress, MacAddress } from '../../core/net/index.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import { TokenBucket } from '../token-bucket.ts';
import { Alarm } from './alarm.ts';
import type { Findings, LinkInquiry } from './link-inquiry.ts';

/** A station that claims an address over and over costs one decision in this time. */
const CLAIM_PAUSE_MS = 1000;
/** All stations with all addresses together cause no more decisions, and so no more defences, than this. */
const CLAIMS = { perSecond: 50, burst: 100 };
/** What a station sends with our MAC counts when it goes on for this long: until then it may be our own, on a detour. */
const DETOUR_MS = 1000;
/** After a silence of this length it begins anew. */
const DETOUR_FORGOTTEN_MS = 600_000;

/** What people should hear of. */
export type ConflictNews =
  /** `in-use`: not announced, because somebody has it already. `claimed`: announced and defended, though somebody claims it. */
  | { readonly kind: 'in-use' | 'claimed'; readonly address: IpAddress; readonly mac: MacAddress }
  /** Another station sends with the MAC of the interface; `address` is the one that it has. */
  | { readonly kind: 'duplicate-mac'; readonly address: IpAddress; readonly mac: MacAddress }
  | { readonly kind: 'over'; readonly address: IpAddress };

export interface LinkConflictsDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly inquiry: Pick<LinkInquiry, 'ask' | 'cease'>;
  readonly isPeer: (mac: MacAddress) => boolean;
  /** Nobody has these: they may be announced. */
  readonly announce: (address: IpAddress) => void;
  readonly defend: (address: IpAddress) => void;
  readonly tell: (news: ConflictNews) => void;
}

/** Keeps the addresses of one interface apart from those of foreign stations. */
export class LinkConflicts {
  readonly #dependencies: LinkConflictsDependencies;
  readonly #alarm: Alarm;
  readonly #claims: TokenBucket;
  /** When an address was claimed last. BOUNDED: by the addresses that are announced here. */
  readonly #claimedAtMs = new Map<IpAddress, number>();
  #state: ConflictState = NO_CONFLICT;
  #duplicate: { readonly sinceMs: number; readonly heardAtMs: number } | undefined;
  #paused = false;

  constructor(dependencies: LinkConflictsDependencies) {
    this.#dependencies = dependencies;
    const { clock } = dependencies;
    this.#claims = new TokenBucket(CLAIMS, clock.nowMs());
    this.#alarm = new Alarm(dependencies, () => this.#step({ kind: 'due', nowMs: clock.nowMs() }));
  }

  /** To be announced once the LAN has been asked. */
  want(addresses: readonly IpAddress[]): void {
    this.#step({ kind: 'wanted', addresses });
  }

  /** Not wanted any more, or to be announced without asking. */
  forget(addresses: readonly IpAddress[]): void {
    this.#dependencies.inquiry.cease(
      addresses.filter((address) => this.#state.standings.has(address)),
      'tentative',
    );
    for (const address of addresses) this.#claimedAtMs.delete(address);
    this.#step({ kind: 'unwanted', addresses });
  }

  /** A foreign station claims an address that is announced here. */
  claimed(address: IpAddress, mac: MacAddress): void {
    const nowMs = this.#dependencies.clock.nowMs();
    const beforeMs = this.#claimedAtMs.get(address);
    if (beforeMs !== undefined && nowMs - beforeMs < CLAIM_PAUSE_MS) return;
    if (!this.#claims.take(nowMs)) return;
    this.#claimedAtMs.set(address, nowMs);
    this.#step({ kind: 'claimed', address, mac, nowMs });
  }

  /** Somebody sends with our MAC, as the owner of an address that is not ours. */
  duplicateMac(address: IpAddress, mac: MacAddress): void {
    const nowMs = this.#dependencies.clock.nowMs();
    const before = this.#duplicate;
    const sinceMs = before === undefined || nowMs - before.heardAtMs > DETOUR_FORGOTTEN_MS ? nowMs : before.sinceMs;
    this.#duplicate = { sinceMs, heardAtMs: nowMs };
    if (nowMs - sinceMs >= DETOUR_MS) this.#dependencies.tell({ kind: 'duplicate-mac', address, mac });
  }

  /** There is no carrier: nobody can be asked. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#alarm.cancel();
    this.#dependencies.inquiry.cease(this.#openQuestions(), 'tentative');
  }

  /** There is one again: whatever was asked is asked anew. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#ask(this.#openQuestions());
    this.#step({ kind: 'due', nowMs: this.#dependencies.clock.nowMs() });
  }

  close(): void {
    this.forget([...this.#state.standings.keys()]);
    this.#alarm.cancel();
  }

  #openQuestions(): IpAddress[] {
    return [...this.#state.standings]
      .filter(([, standing]) => standing.kind === 'tentative' || (standing.kind === 'disputed' && standing.asking))
      .map(([address]) => address);
  }

  #ask(addresses: readonly IpAddress[]): void {
    if (this.#paused || addresses.length === 0) return;
    this.#dependencies.inquiry.ask(addresses, 'tentative', (address, findings) => this.#found(address, findings));
  }

  #found(address: IpAddress, { macs, rivals }: Findings): void {
    const isForeign = (mac: MacAddress): boolean => !this.#dependencies.isPeer(mac);
    this.#step({
      kind: 'found',
      address,
      macs: macs.filter(isForeign),
      rivals: rivals.filter(isForeign),
      nowMs: this.#dependencies.clock.nowMs(),
      draw: this.#dependencies.random.next(),
    });
  }

  #step(event: ConflictEvent): void {
    const { state, actions } = stepConflict(this.#state, event, CONFLICT);
    this.#state = state;
    // First of all: what follows may step again, and the last wish counts.
    for (const action of actions) if (action.kind === 'wake' && !this.#paused) this.#alarm.set(action.atMs);
    for (const action of actions) {
      switch (action.kind) {
        case 'announce':
          this.#dependencies.announce(action.address);
          break;
        case 'defend':
          this.#dependencies.defend(action.address);
          break;
        case 'report':
          this.#dependencies.tell({ kind: action.conflict, address: action.address, mac: action.mac });
          break;
        case 'over':
          this.#dependencies.tell({ kind: 'over', address: action.address });
          break;
        case 'ask':
        case 'wake':
          break;
        default:
          action satisfies never;
      }
    }
    this.#ask(actions.flatMap((action) => (action.kind === 'ask' ? [action.address] : [])));
  }
}
