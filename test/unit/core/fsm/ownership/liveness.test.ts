import { describe, expect, it } from 'vitest';
import {
  type Liveness,
  type LivenessEvent,
  nextJudgementMs,
  nextQuestionMs,
  stepLiveness,
  unknownLiveness,
} from '../../../../../src/core/fsm/ownership/liveness.ts';

const HELLO: LivenessEvent = { kind: 'hello', intervalMs: 100, deaf: false, away: false };

/** A neighbour that was heard at 0, watched by a node that asks and judges when it is due. */
class Watched {
  liveness: Liveness = stepLiveness(unknownLiveness(100), HELLO, 0);
  readonly asked: number[] = [];
  readonly story: string[] = [];
  #nowMs = 0;

  /** @param answers whether the kernel answers a question asked at this time */
  run(untilMs: number, answers: (nowMs: number) => boolean): this {
    for (let nowMs = this.#due(); nowMs <= untilMs; nowMs = this.#due()) {
      if (nowMs >= nextQuestionMs(this.liveness, false)) {
        this.asked.push(nowMs);
        this.give({ kind: 'asked' }, nowMs);
        if (answers(nowMs)) this.give({ kind: 'kernel-answered' }, nowMs + 0.2);
      } else this.give({ kind: 'turn' }, nowMs);
    }
    return this;
  }

  give(event: LivenessEvent, nowMs: number): this {
    this.#nowMs = nowMs;
    const { standing } = this.liveness;
    this.liveness = stepLiveness(this.liveness, event, nowMs);
    if (this.liveness.standing !== standing) this.story.push(`${Math.round(nowMs)} ${this.liveness.standing}`);
    return this;
  }

  #due(): number {
    return Math.max(this.#nowMs, Math.min(nextQuestionMs(this.liveness, false), nextJudgementMs(this.liveness)));
  }
}

const never = (): boolean => false;
const always = (): boolean => true;

describe('the life of a neighbour', () => {
  it('is over 310 ms after its last hello when its kernel is silent, too', () => {
    const watched = new Watched().run(1000, never);
    expect(watched.story).toEqual(['310 down']);
    expect(watched.asked.slice(0, 5)).toEqual([200, 220, 240, 260, 280]);
  });

  it('goes on without its speaker while its kernel answers, and is over 110 ms after a question that stays unanswered', () => {
    expect(new Watched().run(5000, (nowMs) => nowMs < 2000).story).toEqual(['300 stopped', '2110 down']);
  });

  it('asks nothing and accuses nobody while hellos come', () => {
    const watched = new Watched();
    for (let nowMs = 100; nowMs <= 2000; nowMs += 100) watched.run(nowMs - 1, never).give(HELLO, nowMs);
    expect([watched.story, watched.asked]).toEqual([[], []]);
  });

  it('survives two hellos that were lost', () => {
    const watched = new Watched().run(295, never).give(HELLO, 299).run(450, never);
    expect(watched.story).toEqual([]);
  });

  it('is not doubted while another neighbour hears it', () => {
    const watched = new Watched();
    for (let nowMs = 100; nowMs <= 2000; nowMs += 100)
      watched.run(nowMs - 1, never).give({ kind: 'vouched', atMs: nowMs - 30 }, nowMs);
    expect([watched.story, watched.asked]).toEqual([[], []]);
  });

  it('is judged an interval later by a node that overslept, after asking anew', () => {
    const watched = new Watched().run(250, never).give({ kind: 'overslept' }, 900).run(2000, never);
    expect(watched.story).toEqual(['1010 down']);
  });

  it('stays as it was judged when the judge oversleeps afterwards', () => {
    const down = new Watched().run(500, never).give({ kind: 'overslept' }, 900).run(2000, never);
    expect(down.story).toEqual(['310 down']);
    const stopped = new Watched().run(500, always).give({ kind: 'overslept' }, 900).run(2000, always);
    expect(stopped.story).toEqual(['300 stopped']);
  });

  it('is over for one that says that it hears nobody, when its kernel does not hear either', () => {
    const watched = new Watched();
    for (let nowMs = 50; nowMs <= 500; nowMs += 50) watched.run(nowMs - 1, never).give({ ...HELLO, deaf: true }, nowMs);
    expect(watched.story).toEqual(['160 deaf']);
  });

  it('goes on for one that says that it hears nobody while its kernel answers: a firewall is no death', () => {
    const watched = new Watched();
    for (let nowMs = 50; nowMs <= 500; nowMs += 50)
      watched.run(nowMs - 1, always).give({ ...HELLO, deaf: true }, nowMs);
    expect(watched.story).toEqual([]);
  });

  it('remembers since when its speaker has been away, from leaving through silence', () => {
    const watched = new Watched().give({ ...HELLO, away: true }, 100).run(3000, always);
    expect(watched.story).toEqual(['100 leaving', '400 stopped']);
    expect(watched.liveness.awaySinceMs).toBe(100);
  });

  it('begins again with a hello', () => {
    expect(new Watched().run(1000, never).give(HELLO, 1000).run(1100, never).story).toEqual(['310 down', '1000 heard']);
  });

  it('says nothing of one that was never heard', () => {
    const liveness = stepLiveness(unknownLiveness(100), { kind: 'turn' }, 1e9);
    expect(liveness.standing).toBe('never-heard');
    expect(nextJudgementMs(liveness)).toBe(Number.POSITIVE_INFINITY);
  });
});
