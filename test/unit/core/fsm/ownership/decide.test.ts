import { describe, expect, it } from 'vitest';
import { type AddressState, type Decision, decide } from '../../../../../src/core/fsm/ownership/decide.ts';
import { CIRCUMSTANCES, NOW_MS, order, owner, party, STATES, situation } from './situations.ts';

const TABLE = '../../../../../docs/reference/layer2-ownership.md';
const HEAD = `<!-- Made by test/unit/core/fsm/ownership/decide.test.ts: \`npx vitest run test/unit/core/fsm/ownership -u\`. -->
# What a node does about an address

Node \`b\` is the second of the candidates \`a\`, \`b\`, \`c\`; \`a\` owned the address last. Each cell says what \`b\` does and the state that follows; "–" = nothing, the state stays. Some cells are rare company, but all are decided.
`;

describe('decide', () => {
  it('decides every state in every circumstance as the reference page says', async () => {
    const head = ['circumstance', ...STATES.map(({ kind }) => `\`${kind}\``)];
    const rows = CIRCUMSTANCES.map(([text, now]) => [text, ...STATES.map((state) => cell(state, decide(state, now)))]);
    const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
    await expect(`${HEAD}\n${lines.join('\n')}\n`).toMatchFileSnapshot(TABLE);
  });

  it('comes to rest: whatever it does, deciding again soon leaves nothing more to do', () => {
    for (const [text, now] of CIRCUMSTANCES)
      for (const first of STATES) {
        let state: AddressState = first;
        let deeds = 0;
        for (let decision = decide(state, now); decision.deed !== undefined; decision = decide(state, now)) {
          state = decision.state;
          deeds += 1;
          expect(deeds, `${first.kind}: ${text}`).toBeLessThanOrEqual(2);
        }
        expect(decide(decide(state, now).state, now)).toEqual(decide(state, now));
      }
  });

  it('leaves what it is given as it was', () => {
    for (const [, now] of CIRCUMSTANCES) for (const state of STATES) decide(frozen(state), frozen(now));
  });

  it('takes no address that nobody claimed while somebody is still telling what it holds, but not for ever', () => {
    const vacant: AddressState = { kind: 'vacant', sinceMs: NOW_MS - 10_000, cause: 'unclaimed' };
    const parties = [party('a', { able: false }), party('c', { untold: true })];
    expect(decide(vacant, situation({ parties })).deed).toBeUndefined();
    expect(decide({ ...vacant, sinceMs: NOW_MS - 60_000 }, situation({ parties })).deed?.kind).toBe('claim');
    const told = [party('a', { able: false }), party('c')];
    expect(decide(vacant, situation({ parties: told })).deed?.kind).toBe('claim');
  });

  it('raises the term above every claim that it knows, whoever made it', () => {
    const dead = { standing: 'down' } as const;
    const parties = [owner(dead), party('c', { ...dead, claim: order(9, 3, 2) })];
    expect(decide({ kind: 'standby', owner: 'a' }, situation({ parties })).state).toMatchObject({
      kind: 'owner',
      order: order(9, 4, 1),
    });
  });

  it('keeps what it took over alone from one that only boots, and gives it to one that is heard or stood in for', () => {
    const mine: AddressState = { kind: 'owner', order: order(7, 1, 1), contested: false };
    const boots = owner({ standing: 'stopped', awaySinceMs: NOW_MS - 500 });
    const silent = party('c', { standing: 'never-heard' });
    expect(decide(mine, situation({ alone: true, parties: [boots, silent] })).state.kind).toBe('owner');
    expect(decide(mine, situation({ alone: true, parties: [owner(), silent] })).state.kind).toBe('standby');
    expect(decide(mine, situation({ alone: true, parties: [boots, party('c')] })).state.kind).toBe('owner');
    const standsIn = party('c', { standsIn: true });
    expect(decide(mine, situation({ alone: true, parties: [boots, standsIn] })).state.kind).toBe('standby');
  });

  it('takes over at once from one that had taken over, though the kernel of the former owner answers again', () => {
    const boots = owner({ standing: 'stopped', awaySinceMs: NOW_MS - 500 });
    const parties = [boots, party('c', { standing: 'down', claim: order(7, 1, 2) })];
    expect(decide({ kind: 'standby', owner: 'c' }, situation({ parties }))).toMatchObject({
      state: { kind: 'owner', order: order(7, 2, 1) },
      deed: { reason: 'neighbour-down', from: 'c' },
    });
  });

  it('goes on after a restart only if it prevails over everybody that holds the address', () => {
    const restored: AddressState = { kind: 'restored', order: order(7, 5, 1) };
    const unhearing = party('c', { claim: order(7, 1, 2), unhearing: true });
    const decision = decide(restored, situation({ parties: [owner({ claim: order(7, 2, 0) }), unhearing] }));
    expect(decision.deed).toEqual({ kind: 'release', reason: 'outranked', to: 'c' });
  });

  it('goes on with a stand-in for as long as it waits to take over, so that no question stays without an answer', () => {
    const standingIn: AddressState = { kind: 'standing-in', owner: 'a', order: order(7, 0, 0) };
    const parties = [owner({ standing: 'down' }), party('c')];
    const decision = decide(standingIn, situation({ parties, actFromMs: NOW_MS + 100 }));
    expect(decision).toEqual({ state: standingIn, againMs: NOW_MS + 100 });
  });

  it('announces once more when a rival with less right has gone', () => {
    const contested: AddressState = { kind: 'owner', order: order(7, 1, 1), contested: true };
    expect(decide(contested, situation({ parties: [party('a'), party('c')] })).deed).toEqual({ kind: 'refresh' });
  });

  it('does not stand in while a better candidate does', () => {
    const parties = [owner({ standing: 'stopped', awaySinceMs: NOW_MS - 5000 }), party('c', { standsIn: true })];
    const grant = { epoch: { generation: 1, counter: 7 }, candidates: ['a', 'c', 'b'] };
    expect(decide({ kind: 'standby', owner: 'a' }, situation({ grant, parties })).deed).toBeUndefined();
  });
});

function cell(before: AddressState, { state, deed, againMs }: Decision): string {
  const wait = againMs === undefined ? '' : `, again in ${againMs - NOW_MS} ms`;
  const follows = state.kind === before.kind ? '' : ` → \`${state.kind}\``;
  if (deed === undefined) return `${follows === '' && wait === '' ? '–' : `–${follows}${wait}`}`;
  return `**${deed.kind}**${'reason' in deed ? ` (${deed.reason})` : ''}${follows}${wait}`;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}
