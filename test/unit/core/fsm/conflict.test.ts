import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONFLICT,
  type ConflictAction,
  type ConflictEvent,
  type ConflictState,
  NO_CONFLICT,
  type Standing,
  stepConflict,
} from '../../../../src/core/fsm/conflict/index.ts';
import { deepFreeze } from '../../../support/deep-freeze.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';

const A = v4('192.0.2.50');
const FOREIGN = mac('02:00:00:00:0f:01');
const OTHER = mac('02:00:00:00:0f:02');
const NOW_MS = 100_000;

function stateOf(standing?: Standing): ConflictState {
  return standing === undefined ? NO_CONFLICT : { standings: new Map([[A, standing]]) };
}

function step(
  standing: Standing | undefined,
  event: ConflictEvent,
): { standing?: Standing; actions: ConflictAction[] } {
  const { state, actions } = stepConflict(deepFreeze(stateOf(standing)), deepFreeze(event), deepFreeze(CONFLICT));
  const after = state.standings.get(A);
  return {
    ...(after === undefined ? {} : { standing: after }),
    actions: actions.filter(({ kind }) => kind !== 'wake'),
  };
}

const found = (fields: Partial<Extract<ConflictEvent, { kind: 'found' }>> = {}): ConflictEvent => ({
  kind: 'found',
  address: A,
  macs: [],
  rivals: [],
  nowMs: NOW_MS,
  draw: 0,
  ...fields,
});
const claimed = (nowMs = NOW_MS, by = FOREIGN): ConflictEvent => ({ kind: 'claimed', address: A, mac: by, nowMs });

const STANDINGS: Readonly<Record<string, Standing | undefined>> = {
  'in peace': undefined,
  tentative: { kind: 'tentative', tries: 0, rivals: 0 },
  'tentative again': { kind: 'tentative', tries: 1, rivals: 0 },
  'tentative for the last time against rivals': { kind: 'tentative', tries: 0, rivals: 3 },
  yielding: { kind: 'yielding', tries: 0, rivals: 1, dueMs: NOW_MS },
  duplicate: { kind: 'duplicate', mac: FOREIGN, tries: 1, dueMs: NOW_MS },
  'duplicate for the ninth time': { kind: 'tentative', tries: 9, rivals: 0 },
  'disputed a moment ago': {
    kind: 'disputed',
    mac: FOREIGN,
    defendedAtMs: NOW_MS - 9999,
    heardAtMs: NOW_MS,
    asking: false,
  },
  'disputed, defended 10 s ago': {
    kind: 'disputed',
    mac: FOREIGN,
    defendedAtMs: NOW_MS - 10_000,
    heardAtMs: NOW_MS,
    asking: false,
  },
  'disputed, quiet since': {
    kind: 'disputed',
    mac: FOREIGN,
    defendedAtMs: 0,
    heardAtMs: NOW_MS - 30_000,
    asking: false,
  },
  'disputed, asking': { kind: 'disputed', mac: FOREIGN, defendedAtMs: 0, heardAtMs: NOW_MS - 31_000, asking: true },
};

const EVENTS: Readonly<Record<string, ConflictEvent>> = {
  wanted: { kind: 'wanted', addresses: [A] },
  unwanted: { kind: 'unwanted', addresses: [A] },
  'found: nobody': found(),
  'found: somebody': found({ macs: [FOREIGN] }),
  'found: a rival': found({ rivals: [FOREIGN], draw: 0.5 }),
  'found: both': found({ macs: [OTHER], rivals: [FOREIGN] }),
  claimed: claimed(),
  'claimed by another': claimed(NOW_MS, OTHER),
  due: { kind: 'due', nowMs: NOW_MS },
};

describe('keeping an address apart from those of others', () => {
  it('decides every event in every standing', () => {
    const table = Object.entries(STANDINGS).flatMap(([name, standing]) =>
      Object.entries(EVENTS).map(([what, event]) => {
        const after = step(standing, event);
        const actions = after.actions.map((action) =>
          action.kind === 'report' ? `report ${action.conflict}` : action.kind,
        );
        return `${name} + ${what} -> ${after.standing?.kind ?? 'in peace'}${after.standing === standing ? ' (the same)' : ''}; ${actions.join(', ') || 'nothing'}`;
      }),
    );
    expect(table.join('\n')).toMatchSnapshot();
  });

  it('announces what nobody has', () => {
    expect(step(STANDINGS.tentative, found())).toEqual({ actions: [{ kind: 'announce', address: A }] });
  });

  it('does not announce what somebody has, tells who, and asks again in 10 s (RFC 5227 §2.1.1)', () => {
    const { standing, actions } = step(STANDINGS.tentative, found({ macs: [FOREIGN, OTHER] }));
    expect(standing).toEqual({ kind: 'duplicate', mac: FOREIGN, tries: 1, dueMs: NOW_MS + 10_000 });
    expect(actions).toEqual([{ kind: 'report', address: A, mac: FOREIGN, conflict: 'in-use' }]);
  });

  it('waits up to a tenth longer before it asks again, so that nodes do not ask together', () => {
    const waits = [0, 0.5, 0.999].map((draw) => step(STANDINGS.tentative, found({ macs: [FOREIGN], draw })).standing);
    expect(waits).toMatchObject(
      [10_000, 10_500, 10_999].map((pauseMs) => ({ kind: 'duplicate', dueMs: NOW_MS + pauseMs })),
    );
  });

  it('asks once in 60 s after the tenth time that somebody had it (RFC 5227 §2.1.1, RATE_LIMIT_INTERVAL)', () => {
    const ninth = step({ kind: 'tentative', tries: 8, rivals: 0 }, found({ macs: [FOREIGN] }));
    const tenth = step({ kind: 'tentative', tries: 9, rivals: 0 }, found({ macs: [FOREIGN] }));
    expect(ninth.standing).toMatchObject({ dueMs: NOW_MS + 10_000 });
    expect(tenth.standing).toMatchObject({ dueMs: NOW_MS + 60_000 });
  });

  it('tells that it is over when an address that somebody had is free', () => {
    expect(step(STANDINGS['tentative again'], found()).actions.map(({ kind }) => kind)).toEqual(['over', 'announce']);
  });

  it('waits for a random time when somebody asks for the same address at the same time', () => {
    const waits = [0, 0.5, 0.999].map((draw) => step(STANDINGS.tentative, found({ rivals: [FOREIGN], draw })).standing);
    expect(waits).toMatchObject([0, 500, 999].map((pauseMs) => ({ kind: 'yielding', dueMs: NOW_MS + pauseMs })));
  });

  it('takes the address from a station that does nothing but ask for it', () => {
    const { actions } = step(STANDINGS['tentative for the last time against rivals'], found({ rivals: [FOREIGN] }));
    expect(actions).toEqual([{ kind: 'announce', address: A }]);
  });

  it('defends an announced address at once, and no more than once in 10 s (RFC 5227 §2.4 (c))', () => {
    const first = step(undefined, claimed());
    expect(first.actions.map(({ kind }) => kind)).toEqual(['defend', 'report']);
    const early = step(first.standing, claimed(NOW_MS + 9999));
    expect(early.actions).toEqual([]);
    const late = step(early.standing, claimed(NOW_MS + 10_000));
    expect(late.actions.map(({ kind }) => kind)).toEqual(['defend', 'report']);
  });

  it('never gives up an announced address, however often it is claimed', () => {
    const claims = fc.array(fc.record({ gapMs: fc.nat(20_000), by: fc.constantFrom(FOREIGN, OTHER) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(claims, (all) => {
        let state: ConflictState = NO_CONFLICT;
        let nowMs = 0;
        const defendedAtMs: number[] = [];
        for (const { gapMs, by } of all) {
          nowMs += gapMs;
          const result = stepConflict(state, claimed(nowMs, by), CONFLICT);
          state = result.state;
          expect(state.standings.get(A)?.kind).toBe('disputed');
          if (result.actions.some(({ kind }) => kind === 'defend')) defendedAtMs.push(nowMs);
        }
        for (const [index, at] of defendedAtMs.entries())
          if (index > 0) expect(at - (defendedAtMs[index - 1] ?? 0)).toBeGreaterThanOrEqual(CONFLICT.defendIntervalMs);
        expect(defendedAtMs.length > 0).toBe(all.length > 0);
      }),
    );
  });

  it('asks after 30 s of silence whether the other station is still there, and ends the dispute when nobody answers', () => {
    const asked = step(STANDINGS['disputed, quiet since'], { kind: 'due', nowMs: NOW_MS });
    expect(asked.actions).toEqual([{ kind: 'ask', address: A }]);
    expect(step(asked.standing, found())).toEqual({ actions: [{ kind: 'over', address: A }] });
    expect(step(asked.standing, found({ macs: [OTHER] })).standing).toMatchObject({ kind: 'disputed', mac: OTHER });
  });

  it('forgets what is not wanted here any more, and does not say that the conflict is over', () => {
    for (const standing of Object.values(STANDINGS))
      expect(step(standing, { kind: 'unwanted', addresses: [A] })).toEqual({ actions: [] });
  });

  it('names the time of the next thing to do', () => {
    const standings = new Map([
      [A, STANDINGS.duplicate],
      [v4('192.0.2.51'), STANDINGS.yielding],
    ] as [typeof A, Standing][]);
    const { actions } = stepConflict({ standings }, found({ address: v4('192.0.2.99') }), CONFLICT);
    expect(actions).toEqual([{ kind: 'wake', atMs: NOW_MS }]);
    expect(stepConflict(NO_CONFLICT, found(), CONFLICT).actions).toEqual([{ kind: 'wake', atMs: undefined }]);
  });
});
