import type { ClaimOrder } from '../../../../../src/core/codec/hello/index.ts';
import type { AddressState } from '../../../../../src/core/fsm/ownership/decide.ts';
import type { Party, Situation } from '../../../../../src/core/fsm/ownership/situation.ts';
import { DEFAULT_TIMING } from '../../../../../src/core/fsm/ownership/timing.ts';

export const NOW_MS = 1_000_000;
const EPOCH = { generation: 1, counter: 7 };
const NEVER = Number.NEGATIVE_INFINITY;

export function order(counter: number, term: number, rank: number): ClaimOrder {
  return { epoch: { generation: 1, counter }, term, rank };
}

export function party(nodeName: string, change: Partial<Party> = {}): Party {
  return {
    nodeName,
    standing: 'heard',
    awaySinceMs: NEVER,
    lastSignMs: NOW_MS - 50,
    able: true,
    starting: false,
    alone: false,
    unhearing: false,
    untold: false,
    standsIn: false,
    ...change,
  };
}

/** This node is `b`, the second of the candidates `a`, `b`, `c`; `a` owns the address and is heard. */
export function situation(change: Partial<Situation> = {}): Situation {
  return {
    nowMs: NOW_MS,
    nodeName: 'b',
    grant: { epoch: EPOCH, candidates: ['a', 'b', 'c'] },
    able: true,
    leaving: false,
    alone: false,
    actFromMs: NEVER,
    listenUntilMs: NEVER,
    parties: [owner(), party('c')],
    standIn: true,
    timing: DEFAULT_TIMING,
    ...change,
  };
}

/** Node `a` with its claim. */
export function owner(change: Partial<Party> = {}): Party {
  return party('a', { claim: order(7, 0, 0), ...change });
}

/** One of each kind, as node `b` would be in it. */
export const STATES: readonly AddressState[] = [
  { kind: 'idle' },
  { kind: 'standby', owner: 'a' },
  { kind: 'vacant', sinceMs: NOW_MS, cause: 'neighbour-down', former: 'a' },
  { kind: 'standing-in', owner: 'a', order: order(7, 0, 0) },
  { kind: 'restored', order: order(7, 1, 1) },
  { kind: 'owner', order: order(7, 1, 1), contested: false },
];

const down = { standing: 'down', lastSignMs: NOW_MS - 310 } as const;
const stopped = { standing: 'stopped', awaySinceMs: NOW_MS - 500, lastSignMs: NOW_MS - 800 } as const;

/** What may be true of an address, in the words of the page that shows the table. */
export const CIRCUMSTANCES: readonly (readonly [text: string, situation: Situation])[] = [
  ['the grant is revoked', situation({ grant: undefined })],
  ['the owner is heard', situation()],
  [
    'a newer grant puts this node first, the old owner is heard',
    situation({ grant: { epoch: { generation: 1, counter: 8 }, candidates: ['b', 'a', 'c'] } }),
  ],
  [
    'the same, but some neighbour has yet to say what it holds',
    situation({
      grant: { epoch: { generation: 1, counter: 8 }, candidates: ['b', 'a', 'c'] },
      listenUntilMs: NOW_MS + 200,
    }),
  ],
  [
    'a newer grant does not name this node, its first candidate claims',
    situation({
      grant: { epoch: { generation: 1, counter: 8 }, candidates: ['a', 'c'] },
      parties: [owner({ claim: order(8, 0, 0) }), party('c')],
    }),
  ],
  ['the owner says that it stops', situation({ parties: [owner({ standing: 'leaving', awaySinceMs: NOW_MS })] })],
  ['the owner is silent, its kernel answers', situation({ parties: [owner(stopped), party('c')] })],
  ['the same, standing in is switched off', situation({ standIn: false, parties: [owner(stopped), party('c')] })],
  [
    'the owner has been silent for a minute, its kernel answers',
    situation({
      parties: [owner({ ...stopped, awaySinceMs: NOW_MS - 60_000, lastSignMs: NOW_MS - 60_300 }), party('c')],
    }),
  ],
  ['owner and kernel are silent', situation({ parties: [owner(down), party('c')] })],
  ['the same, this node overslept', situation({ actFromMs: NOW_MS + 100, parties: [owner(down), party('c')] })],
  [
    'the owner was down and its kernel answers again, this node hears nobody',
    situation({ alone: true, parties: [owner(stopped), party('c', down)] }),
  ],
  ['the same, but now this node hears a third', situation({ alone: true, parties: [owner(stopped), party('c')] })],
  [
    'the same, and the third stands in for the owner',
    situation({ alone: true, parties: [owner(stopped), party('c', { standsIn: true })] }),
  ],
  [
    'the owner is silent, its kernel answers; who had taken over from it is silent with its kernel',
    situation({ parties: [owner(stopped), party('c', { ...down, claim: order(7, 2, 2) })] }),
  ],
  ['the owner hears nobody, its kernel is silent', situation({ parties: [owner({ standing: 'deaf' }), party('c')] })],
  [
    'owner and kernel are silent, a better candidate is heard',
    situation({ grant: { epoch: EPOCH, candidates: ['a', 'c', 'b'] }, parties: [owner(down), party('c')] }),
  ],
  [
    'owner and kernel are silent, a better candidate was never heard',
    situation({
      grant: { epoch: EPOCH, candidates: ['a', 'c', 'b'] },
      parties: [owner(down), party('c', { standing: 'never-heard', able: false })],
    }),
  ],
  [
    'the owner is heard and has let go of the address',
    situation({ parties: [party('a', { able: false }), party('c')] }),
  ],
  ['nobody ever claimed, the first candidate is heard', situation({ parties: [party('a'), party('c')] })],
  [
    'nobody ever claimed, the first candidate was never heard',
    situation({ parties: [party('a', { standing: 'never-heard', able: false }), party('c')] }),
  ],
  ['another claims with more right', situation({ parties: [party('a'), party('c', { claim: order(7, 2, 2) })] })],
  ['another claims with less right', situation({ parties: [party('a'), party('c', { claim: order(6, 0, 2) })] })],
  [
    'another claims with more right, but was cut off alone until now',
    situation({ parties: [party('a'), party('c', { claim: order(7, 2, 2), alone: true })] }),
  ],
  [
    'another claims with less right, but does not hear this node',
    situation({ parties: [party('a'), party('c', { claim: order(6, 0, 2), unhearing: true })] }),
  ],
  [
    'the same, and the owner has less right, too',
    situation({ parties: [owner(), party('c', { claim: order(6, 0, 2), unhearing: true })] }),
  ],
  ['no link of this node is up, the owner is heard', situation({ able: false })],
  ['no link of this node is up, owner and kernel are silent', situation({ able: false, parties: [owner(down)] })],
];
