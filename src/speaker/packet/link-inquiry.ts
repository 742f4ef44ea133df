import {
  type InquiryConfig,
  type InquiryEvent,
  type InquiryState,
  initialInquiry,
  type QuestionForm,
  stepInquiry,
} from '../../core/fsm/inquiry/index.ts';
import type { IpAddress, MacAddress } from '../../core/net/index.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import { Alarm } from './alarm.ts';

/** How long it is remembered that a station answers for everything. */
const DISBELIEVED_FOR_MS = 600_000;
const DISBELIEVED_MAX = 64;
/** More addresses of one small network are asked about at once only by who surveys that. */
const DRAWS_MAX = 64;

/** Who was found to have an address, and who else asks for it. */
export interface Findings {
  readonly macs: readonly MacAddress[];
  readonly rivals: readonly MacAddress[];
}

/** The same, before it is known whom to believe. */
interface Hearsay extends Findings {
  /** Who said each time that it has the address. */
  readonly repeated: readonly MacAddress[];
}

type Told = (address: IpAddress, findings: Findings) => void;

interface Waiter {
  readonly form: QuestionForm;
  readonly told: Told;
}

export interface LinkInquiryDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Sends the question. */
  readonly put: (address: IpAddress, form: QuestionForm) => void;
  /** An address that no host has. */
  readonly improbable: (draw: number) => IpAddress;
  /** A station answers for an address that no host has. */
  readonly disbelieved: (address: IpAddress, mac: MacAddress) => void;
}

/**
 * Finds out who on one LAN has an address: for who wants to announce it, for who verifies a takeover and for who surveys a pool.
 *
 * Whoever is found is asked about one more address, that no host can have. Who answers for that one too answers for everything (a
 * router that stands for others, a trap, an attack), so that its answers say nothing and are left out: else one host could take
 * every address that is not announced yet. Some such hosts make up a MAC for each answer: on a LAN with one of them only those are
 * believed that answer every time with the same.
 */
export class LinkInquiry {
  readonly #config: InquiryConfig;
  readonly #dependencies: LinkInquiryDependencies;
  readonly #alarm: Alarm;
  /** BOUNDED: by the questions. */
  readonly #waiters = new Map<IpAddress, readonly Waiter[]>();
  /** Until when. BOUNDED: DISBELIEVED_MAX, the oldest goes first. */
  readonly #disbelieved = new Map<MacAddress, number>();
  /** What was found, until it is known whom to believe. BOUNDED: by the questions. */
  #held: { readonly address: IpAddress; readonly waiters: readonly Waiter[]; readonly findings: Hearsay }[] = [];
  #improbable: IpAddress | undefined;
  /** Somebody answered for it lately. */
  #liesUntilMs = 0;
  #state: InquiryState;

  constructor(config: InquiryConfig, dependencies: LinkInquiryDependencies) {
    this.#config = config;
    this.#dependencies = dependencies;
    this.#state = initialInquiry(config, dependencies.clock.nowMs());
    this.#alarm = new Alarm(dependencies, () => this.#step({ kind: 'due', nowMs: dependencies.clock.nowMs() }));
  }

  /** Whether nobody waits for an answer. */
  get idle(): boolean {
    return this.#waiters.size === 0 && this.#held.length === 0;
  }

  asksAbout(address: IpAddress): boolean {
    return this.#state.questions.has(address);
  }

  /** `told` is called once for each address, unless the question is taken back. */
  ask(addresses: readonly IpAddress[], form: QuestionForm, told: Told): void {
    for (const address of addresses)
      this.#waiters.set(address, [...(this.#waiters.get(address) ?? []), { form, told }]);
    this.#step({ kind: 'ask', addresses, form, nowMs: this.#dependencies.clock.nowMs() });
  }

  /** Who asked in this form does not want to know any more. */
  cease(addresses: readonly IpAddress[], form: QuestionForm): void {
    const unasked = addresses.filter((address) => {
      const left = (this.#waiters.get(address) ?? []).filter((waiter) => waiter.form !== form);
      if (left.length > 0) this.#waiters.set(address, left);
      else this.#waiters.delete(address);
      return left.length === 0;
    });
    this.#held = this.#held.flatMap((held) => {
      if (!addresses.includes(held.address)) return [held];
      const waiters = held.waiters.filter((waiter) => waiter.form !== form);
      return waiters.length > 0 ? [{ ...held, waiters }] : [];
    });
    if (unasked.length > 0) this.#step({ kind: 'cease', addresses: unasked, nowMs: this.#dependencies.clock.nowMs() });
  }

  /** A station says that it has the address, or (`rivalled`) asks for it as well. */
  heard(kind: 'answered' | 'rivalled', address: IpAddress, mac: MacAddress): void {
    this.#step({ kind, address, mac });
  }

  close(): void {
    this.#alarm.cancel();
    this.#waiters.clear();
    this.#held = [];
  }

  #step(event: InquiryEvent): void {
    const { state, actions } = stepInquiry(this.#state, event, this.#config);
    this.#state = state;
    // First of all: what follows may step again, and the last wish counts.
    for (const action of actions) if (action.kind === 'wake') this.#alarm.set(action.atMs);
    for (const action of actions) {
      if (action.kind === 'put') this.#dependencies.put(action.address, action.form);
      else if (action.kind === 'found') this.#found(action.address, action);
    }
  }

  #found(address: IpAddress, findings: Hearsay): void {
    if (address === this.#improbable) {
      this.#judgeStations(address, findings.macs);
      return;
    }
    const waiters = this.#waiters.get(address) ?? [];
    this.#waiters.delete(address);
    const believed = this.#believed(findings);
    if (believed.macs.length === 0) tell(waiters, address, believed);
    else {
      this.#held.push({ address, waiters, findings });
      this.#askForTheImprobable();
    }
  }

  #askForTheImprobable(): void {
    if (this.#improbable !== undefined) return;
    this.#improbable = this.#unasked();
    const nowMs = this.#dependencies.clock.nowMs();
    this.#step({ kind: 'ask', addresses: [this.#improbable], form: 'tentative', nowMs });
  }

  /** Whoever has an address that somebody asks about may well answer for it. */
  #unasked(): IpAddress {
    const { improbable, random } = this.#dependencies;
    let drawn = improbable(random.next());
    for (let draws = 1; draws < DRAWS_MAX && this.#isAsked(drawn); draws += 1) drawn = improbable(random.next());
    return drawn;
  }

  #isAsked(address: IpAddress): boolean {
    return this.#waiters.has(address) || this.#held.some((held) => held.address === address);
  }

  #judgeStations(address: IpAddress, macs: readonly MacAddress[]): void {
    this.#improbable = undefined;
    const untilMs = this.#dependencies.clock.nowMs() + DISBELIEVED_FOR_MS;
    if (macs.length > 0) this.#liesUntilMs = untilMs;
    for (const mac of macs) {
      this.#disbelieved.delete(mac);
      this.#disbelieved.set(mac, untilMs);
      const [oldest] = this.#disbelieved.keys();
      if (this.#disbelieved.size > DISBELIEVED_MAX && oldest !== undefined) this.#disbelieved.delete(oldest);
      this.#dependencies.disbelieved(address, mac);
    }
    for (const { address: held, waiters, findings } of this.#held.splice(0))
      tell(waiters, held, this.#believed(findings));
  }

  #believed({ macs, repeated, rivals }: Hearsay): Findings {
    const nowMs = this.#dependencies.clock.nowMs();
    const credible = nowMs < this.#liesUntilMs ? repeated : macs;
    const isBelieved = (mac: MacAddress): boolean => (this.#disbelieved.get(mac) ?? 0) <= nowMs;
    return { macs: credible.filter(isBelieved), rivals: rivals.filter(isBelieved) };
  }
}

function tell(waiters: readonly Waiter[], address: IpAddress, findings: Findings): void {
  for (const { told } of waiters) told(address, findings);
}
