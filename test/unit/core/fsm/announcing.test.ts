import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnnouncingConfig,
  type AnnouncingEvent,
  type AnnouncingState,
  ARP_ANNOUNCING,
  initialAnnouncing,
  stepAnnouncing,
} from '../../../../src/core/fsm/announcing/index.ts';
import { type IpAddress, ipv4FromValue } from '../../../../src/core/net/index.ts';
import { deepFreeze } from '../../../support/deep-freeze.ts';
import { v4 } from '../../../support/fake-lan.ts';

const A = v4('192.0.2.50');
/** The forms with which a round of announcements begins. */
const ROUND = ['announcement', 'first-form'];

/** What is announced, and when. */
interface Sent {
  readonly atMs: number;
  readonly address: IpAddress;
  readonly form: string;
}

/** Carries out the machine's actions in virtual time. */
class Announcer {
  readonly sent: Sent[] = [];
  nowMs = 0;
  gateways = 1;
  draw = 0.5;
  state: AnnouncingState;
  readonly #config: AnnouncingConfig;
  #wakeMs: number | undefined;

  constructor(config: AnnouncingConfig = ARP_ANNOUNCING) {
    this.#config = config;
    this.state = deepFreeze(initialAnnouncing(config, 0));
  }

  tell(event: AnnouncingEvent): void {
    const { state, actions } = stepAnnouncing(this.state, deepFreeze(event), this.#config);
    this.state = deepFreeze(state);
    for (const action of actions) {
      if (action.kind === 'wake') this.#wakeMs = action.atMs;
      else this.sent.push({ atMs: this.nowMs, address: action.address, form: action.form });
    }
  }

  take(...addresses: IpAddress[]): void {
    this.tell({ kind: 'taken', addresses, nowMs: this.nowMs });
  }

  lose(...addresses: IpAddress[]): void {
    this.tell({ kind: 'lost', addresses });
  }

  until(endMs: number): void {
    while (this.#wakeMs !== undefined && this.#wakeMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.#wakeMs);
      this.tell({ kind: 'due', nowMs: this.nowMs, gateways: this.gateways, draw: this.draw });
    }
    this.nowMs = endMs;
  }

  /**
   * When one form was sent for an address, relative to `fromMs`, to the pause between two rounds of sending. The first form
   * alone counts as an announcement: the others follow it.
   */
  times(form: string, fromMs = 0, address: IpAddress = A): number[] {
    const alike = form === 'announcement' ? ROUND : [form];
    return this.sent
      .filter((sent) => alike.includes(sent.form) && sent.address === address && sent.atMs >= fromMs)
      .map(({ atMs }) => Math.round((atMs - fromMs) / 100) * 100);
  }
}

describe('announcing an address', () => {
  it('takes it over with seven rounds whose later gaps exceed the locktime of neighbours', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(20_000);
    expect(announcer.times('announcement')).toEqual([0, 100, 300, 1500, 3000, 5000, 9000]);
  });

  it('asks the gateways in its name at the start, at 1.5 s and at 5 s', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(20_000);
    expect(announcer.times('gateways')).toEqual([0, 1500, 5000]);
  });

  it('asks nobody where there is no gateway', () => {
    const announcer = new Announcer();
    announcer.gateways = 0;
    announcer.take(A);
    announcer.until(20_000);
    expect(announcer.times('gateways')).toEqual([]);
    expect(announcer.times('announcement')).toHaveLength(7);
  });

  it.each([
    [0, 54_000],
    [0.5, 60_000],
    [0.999, 66_000],
  ])('refreshes it for ever, with a draw of %d about every %i ms', (draw, intervalMs) => {
    const announcer = new Announcer({ ...ARP_ANNOUNCING, refreshJitter: 0.1 });
    announcer.take(A);
    announcer.until(9500);
    const afterMs = announcer.nowMs;
    announcer.draw = draw;
    announcer.until(afterMs + 400_000);
    const times = announcer.sent.filter(({ atMs }) => atMs > afterMs).map(({ atMs }) => atMs);
    const gaps = times.slice(2).map((time, index) => time - (times[index + 1] ?? 0));
    expect(gaps.length).toBeGreaterThan(3);
    for (const gap of gaps) {
      expect(Math.abs(gap - intervalMs)).toBeLessThanOrEqual(1000);
      expect(gap).toBeGreaterThanOrEqual(54_000);
      expect(gap).toBeLessThanOrEqual(66_000);
    }
  });

  it('refreshes a thousand addresses at a few instants, not each at its own', () => {
    const announcer = new Announcer();
    announcer.take(...addresses(1000));
    announcer.until(80_000);
    announcer.sent.length = 0;
    announcer.until(200_000);
    const instants = new Set(announcer.sent.map(({ atMs }) => atMs));
    expect(announcer.sent.length).toBeGreaterThan(1900);
    // A second with more than fits at one instant goes on after a pause.
    expect(instants.size).toBeLessThan(2 * 120);
  });

  it('spreads the refreshes of addresses that were taken together', () => {
    const announcer = new Announcer();
    announcer.take(...addresses(200));
    announcer.until(30_000);
    announcer.sent.length = 0;
    announcer.until(130_000);
    const perSecond = Map.groupBy(announcer.sent, ({ atMs }) => Math.floor(atMs / 1000));
    expect(Math.max(...[...perSecond.values()].map(({ length }) => length))).toBeLessThan(60);
  });

  it('refreshes nothing when that is switched off, and waits for nothing', () => {
    const announcer = new Announcer({ ...ARP_ANNOUNCING, refreshIntervalMs: 0 });
    announcer.take(A);
    announcer.until(1_000_000);
    expect(announcer.times('announcement')).toHaveLength(7);
    const { actions } = stepAnnouncing(announcer.state, { kind: 'lost', addresses: [] }, ARP_ANNOUNCING);
    expect(actions).toEqual([{ kind: 'wake', atMs: undefined }]);
  });

  it('sends nothing more for an address that was lost', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(200);
    announcer.lose(A);
    announcer.until(1_000_000);
    expect(announcer.times('announcement')).toEqual([0, 100]);
  });

  it('does not begin again for an address that it has already', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(2000);
    announcer.take(A);
    announcer.until(20_000);
    expect(announcer.times('announcement')).toEqual([0, 100, 300, 1500, 3000, 5000, 9000]);
  });

  it('tells what was announced before again in three rounds after everybody may have forgotten', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(20_000);
    announcer.tell({ kind: 'forgotten', nowMs: 20_000 });
    announcer.until(40_000);
    expect(announcer.times('announcement', 20_000)).toEqual([0, 100, 3000]);
    expect(announcer.times('gateways', 20_000)).toEqual([0]);
  });

  it('begins a takeover anew, in full, when everybody may have forgotten in the middle of it', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(2000);
    announcer.tell({ kind: 'forgotten', nowMs: 2000 });
    announcer.until(20_000);
    expect(announcer.times('announcement', 2000)).toEqual([0, 100, 300, 1500, 3000, 5000, 9000]);
  });
});

describe('announcing while nobody is heard', () => {
  it('sends nothing until somebody is, and then tells everything again', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(20_000);
    announcer.tell({ kind: 'hushed', hushed: true, nowMs: 20_000 });
    announcer.until(500_000);
    expect(announcer.times('announcement', 20_000)).toEqual([]);
    announcer.tell({ kind: 'hushed', hushed: false, nowMs: 500_000 });
    announcer.until(510_000);
    expect(announcer.times('announcement', 500_000)).toEqual([0, 100, 3000]);
  });

  it('announces what was taken meanwhile in full', () => {
    const announcer = new Announcer();
    announcer.tell({ kind: 'hushed', hushed: true, nowMs: 0 });
    announcer.take(A);
    announcer.until(5000);
    announcer.tell({ kind: 'hushed', hushed: false, nowMs: 5000 });
    announcer.until(20_000);
    expect(announcer.times('announcement', 5000)).toEqual([0, 100, 300, 1500, 3000, 5000, 9000]);
  });
});

describe('announcing again', () => {
  it('tells only those again that may have been forgotten', () => {
    const announcer = new Announcer();
    const [one, other] = addresses(2);
    announcer.take(...addresses(2));
    announcer.until(20_000);
    announcer.tell({ kind: 'forgotten', addresses: [one ?? A, A], nowMs: 20_000 });
    announcer.until(21_000);
    expect(announcer.times('announcement', 20_000, one)).toEqual([0, 100]);
    expect(announcer.times('announcement', 20_000, other)).toEqual([]);
    expect(announcer.times('announcement', 20_000)).toEqual([]);
  });
});

describe('announcing after a stall', () => {
  it('makes up for nothing in a hurry: the gaps of the plan hold', () => {
    const announcer = new Announcer();
    announcer.take(A);
    announcer.until(2000);
    announcer.nowMs = 20_000;
    announcer.until(60_000);
    expect(announcer.times('announcement', 20_000)).toEqual([0, 2000, 6000]);
  });
});

describe('announcing many addresses', () => {
  it.each([
    ['the form that moves what hosts know', 'first-form', 300],
    ['the gateways', 'gateways', 600],
    ['the other forms', 'other-forms', 2500],
  ])('sends %s for each of 1,000 before anything that comes later', (_, form, withinMs) => {
    const announcer = new Announcer();
    announcer.take(...addresses(1000));
    announcer.until(60_000);
    const turn = announcer.sent.findIndex((sent) => sent.form === form);
    const round = announcer.sent.slice(turn, turn + 1000);
    expect(new Set(round.map((sent) => sent.form))).toEqual(new Set([form]));
    expect(new Set(round.map(({ address }) => address)).size).toBe(1000);
    expect(round.at(-1)?.atMs).toBeLessThanOrEqual(withinMs);
  });

  it('keeps the gaps of each takeover however late it is', () => {
    const announcer = new Announcer();
    const all = addresses(1000);
    announcer.take(...all);
    announcer.until(120_000);
    for (const address of all) {
      const times = announcer.sent
        .filter((sent) => ROUND.includes(sent.form) && sent.address === address)
        .map(({ atMs }) => atMs);
      expect(times.length).toBeGreaterThanOrEqual(7);
      for (const [index, gapMs] of [100, 200, 1200, 1500, 2000, 4000].entries()) {
        expect((times[index + 1] ?? 0) - (times[index] ?? 0)).toBeGreaterThanOrEqual(
          gapMs - 2 * ARP_ANNOUNCING.pauseMs,
        );
      }
    }
  });

  it('gives an address that is taken later its first round before others their next', () => {
    const announcer = new Announcer();
    announcer.take(...addresses(1000));
    announcer.until(6000);
    announcer.take(A);
    announcer.until(6100);
    expect(announcer.times('announcement', 6000)).toEqual([0]);
  });

  it('puts takeovers before refreshes', () => {
    const announcer = new Announcer();
    const old = addresses(500);
    announcer.take(...old);
    announcer.until(60_000);
    announcer.sent.length = 0;
    announcer.tell({ kind: 'forgotten', nowMs: announcer.nowMs });
    announcer.take(A);
    announcer.until(announcer.nowMs + 1000);
    expect(announcer.sent.slice(0, 40).some(({ address }) => address === A)).toBe(true);
  });

  it('never sends more than rate and burst allow, nor more than so many at once, whatever happens in which order', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('forget' as const), count: fc.constant(0) }),
      fc.record({ kind: fc.constant('wait' as const), count: fc.integer({ min: 1, max: 3000 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), fc.integer({ min: 0, max: 3 }), (events, gateways) => {
        const announcer = new Announcer();
        announcer.gateways = gateways;
        for (const { kind, count } of events) {
          if (kind === 'take') announcer.take(...addresses(count));
          if (kind === 'lose') announcer.lose(...addresses(count));
          if (kind === 'forget') announcer.tell({ kind: 'forgotten', nowMs: announcer.nowMs });
          announcer.until(announcer.nowMs + (kind === 'wait' ? count : 0));
        }
        expectPaced(announcer.sent, gateways);
      }),
      { numRuns: 50 },
    );
  });

  it('never sends for what it has not', () => {
    const event = fc.record({
      kind: fc.constantFrom('take' as const, 'lose' as const, 'wait' as const),
      count: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const announcer = new Announcer();
        const owned = new Set<IpAddress>();
        for (const { kind, count } of events) {
          const some = addresses(count);
          if (kind === 'take') announcer.take(...some);
          if (kind === 'lose') announcer.lose(...some);
          for (const one of some) remember(owned, one, kind);
          announcer.sent.length = 0;
          announcer.until(announcer.nowMs + count * 100);
          expect(announcer.sent.filter(({ address }) => !owned.has(address))).toEqual([]);
        }
      }),
    );
  });
});

/** Within the rate, the burst and the limit for one instant. */
function expectPaced(sent: readonly Sent[], gateways: number): void {
  const counts: Record<string, number> = { gateways, announcement: 2, 'first-form': 1, 'other-forms': 1 };
  const frames = sent.flatMap(({ atMs, form }) => Array<number>(counts[form] ?? 0).fill(atMs));
  const { framesPerSecond, burstFrames, framesAtOnce } = ARP_ANNOUNCING;
  const most = framesPerSecond + burstFrames;
  for (const [index, atMs] of frames.slice(0, -most).entries())
    expect((frames[index + most] ?? 0) - atMs).toBeGreaterThanOrEqual(1000);
  for (const alike of Map.groupBy(frames, (atMs) => atMs).values())
    expect(alike.length).toBeLessThanOrEqual(framesAtOnce);
}

function remember(owned: Set<IpAddress>, address: IpAddress, kind: 'take' | 'lose' | 'wait'): void {
  if (kind === 'take') owned.add(address);
  if (kind === 'lose') owned.delete(address);
}

function addresses(count: number): IpAddress[] {
  return Array.from({ length: count }, (_, index) => ipv4FromValue(0x0a00_0000 + index));
}
