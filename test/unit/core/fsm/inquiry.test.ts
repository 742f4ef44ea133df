import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ARP_INQUIRY,
  type InquiryConfig,
  type InquiryEvent,
  type InquiryState,
  initialInquiry,
  NDP_INQUIRY,
  type QuestionForm,
  stepInquiry,
} from '../../../../src/core/fsm/inquiry/index.ts';
import { type IpAddress, ipv4FromValue, type MacAddress, macFromValue } from '../../../../src/core/net/index.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';

const A = v4('192.0.2.50');
const B = v4('192.0.2.51');
const FOREIGN = mac('02:00:00:00:0f:01');
const OTHER = mac('02:00:00:00:0f:02');

/** Carries out the machine's actions in virtual time. */
class Asker {
  readonly put: { readonly atMs: number; readonly address: IpAddress; readonly form: QuestionForm }[] = [];
  readonly found: {
    readonly atMs: number;
    readonly address: IpAddress;
    readonly macs: readonly MacAddress[];
    readonly repeated: readonly MacAddress[];
    readonly rivals: readonly MacAddress[];
  }[] = [];
  nowMs = 0;
  readonly #config: InquiryConfig;
  #state: InquiryState;
  #wakeMs: number | undefined;

  constructor(config: InquiryConfig = ARP_INQUIRY) {
    this.#config = config;
    this.#state = initialInquiry(config, 0);
  }

  tell(event: InquiryEvent): void {
    const { state, actions } = stepInquiry(this.#state, event, this.#config);
    this.#state = state;
    for (const action of actions) {
      if (action.kind === 'wake') this.#wakeMs = action.atMs;
      else if (action.kind === 'put') this.put.push({ atMs: this.nowMs, address: action.address, form: action.form });
      else {
        const { address, macs, repeated, rivals } = action;
        this.found.push({ atMs: this.nowMs, address, macs, repeated, rivals });
      }
    }
  }

  ask(addresses: readonly IpAddress[], form: QuestionForm = 'tentative'): void {
    this.tell({ kind: 'ask', addresses, form, nowMs: this.nowMs });
  }

  until(endMs: number): void {
    while (this.#wakeMs !== undefined && this.#wakeMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.#wakeMs);
      this.tell({ kind: 'due', nowMs: this.nowMs });
    }
    this.nowMs = endMs;
  }

  get open(): number {
    return this.#state.questions.size;
  }
}

describe('asking who has an address', () => {
  it('asks three times by ARP within 0.4 s, and judges at 0.7 s', () => {
    const asker = new Asker();
    asker.ask([A]);
    asker.until(10_000);
    expect(asker.put.map(({ atMs }) => atMs)).toEqual([0, 200, 400]);
    expect(asker.found).toEqual([{ atMs: 700, address: A, macs: [], repeated: [], rivals: [] }]);
    expect(asker.open).toBe(0);
  });

  it('asks twice by NDP, and judges after the second that RFC 4862 wants (RetransTimer)', () => {
    const asker = new Asker(NDP_INQUIRY);
    asker.ask([A]);
    asker.until(10_000);
    expect(asker.put.map(({ atMs }) => atMs)).toEqual([0, 400]);
    expect(asker.found.map(({ atMs }) => atMs)).toEqual([1000]);
  });

  it('finds everybody who answers, each once, and who else asks', () => {
    const asker = new Asker();
    asker.ask([A, B]);
    asker.until(100);
    for (const by of [FOREIGN, FOREIGN, OTHER, OTHER]) asker.tell({ kind: 'answered', address: A, mac: by });
    asker.until(300);
    for (const by of [FOREIGN, FOREIGN]) asker.tell({ kind: 'answered', address: A, mac: by });
    asker.tell({ kind: 'rivalled', address: B, mac: OTHER });
    asker.tell({ kind: 'answered', address: v4('192.0.2.99'), mac: OTHER });
    asker.until(1000);
    expect(asker.found).toEqual([
      { atMs: 700, address: A, macs: [FOREIGN, OTHER], repeated: [FOREIGN], rivals: [] },
      { atMs: 700, address: B, macs: [], repeated: [], rivals: [OTHER] },
    ]);
  });

  it('remembers no more than eight stations for an address', () => {
    const asker = new Asker();
    asker.ask([A]);
    asker.until(0);
    for (let station = 1; station <= 1000; station += 1)
      for (const kind of ['answered', 'rivalled'] as const)
        asker.tell({ kind, address: A, mac: macFromValue(station) });
    asker.until(1000);
    expect(asker.found[0]?.macs).toHaveLength(8);
    expect(asker.found[0]?.rivals).toHaveLength(8);
  });

  it('goes on from what a survey found when somebody wants the address, and asks as that one has to', () => {
    const asker = new Asker();
    asker.ask([A], 'survey');
    asker.until(100);
    asker.tell({ kind: 'answered', address: A, mac: FOREIGN });
    asker.ask([A], 'tentative');
    asker.ask([A], 'survey');
    asker.until(1000);
    expect(asker.put.map(({ form }) => form)).toEqual(['survey', 'tentative', 'tentative']);
    expect(asker.found).toMatchObject([{ atMs: 700, macs: [FOREIGN] }]);
  });

  it('asks for who wants an address before who only wants to know', () => {
    const asker = new Asker({ ...ARP_INQUIRY, framesAtOnce: 2 });
    asker.ask([v4('192.0.2.1'), v4('192.0.2.2'), v4('192.0.2.3')], 'survey');
    asker.ask([A], 'tentative');
    asker.until(0);
    expect(asker.put[0]).toMatchObject({ address: A });
  });

  it('does not judge what was taken back', () => {
    const asker = new Asker();
    asker.ask([A, B]);
    asker.until(300);
    asker.tell({ kind: 'cease', addresses: [A], nowMs: 300 });
    asker.until(5000);
    expect(asker.found.map(({ address }) => address)).toEqual([B]);
  });

  it('puts as many questions at once as it may, and then goes on as fast as it may', () => {
    const { framesAtOnce, framesPerSecond } = ARP_INQUIRY;
    const asker = new Asker();
    asker.ask(Array.from({ length: framesAtOnce + framesPerSecond }, (_, index) => ipv4FromValue(0x0a00_0000 + index)));
    asker.until(0);
    expect(asker.put).toHaveLength(framesAtOnce);
    asker.until(1_000);
    expect(asker.put.length).toBeGreaterThan(framesAtOnce + 0.9 * framesPerSecond);
  });

  it('keeps below its rate, and puts every question as often as it has to, for any number of addresses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(3000), (count, pauseMs) => {
        const asker = new Asker();
        const all = Array.from({ length: count }, (_, index) => ipv4FromValue(0x0a00_0000 + index));
        asker.ask(all.slice(0, count / 2));
        asker.until(pauseMs);
        asker.ask(all.slice(count / 2));
        asker.until(60_000);
        expect(asker.open).toBe(0);
        expect(new Set(asker.found.map(({ address }) => address)).size).toBe(count);
        expect(asker.put).toHaveLength(3 * count);
        for (const { atMs } of asker.put) {
          const within = asker.put.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1000);
          expect(within.length).toBeLessThanOrEqual(ARP_INQUIRY.framesPerSecond + ARP_INQUIRY.framesAtOnce);
        }
      }),
      { numRuns: 30 },
    );
  });
});
