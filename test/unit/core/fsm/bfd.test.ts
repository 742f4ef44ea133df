import { describe, expect, it } from 'vitest';
import { BFD_STATES, type BfdPacket, type BfdState } from '../../../../src/core/codec/bfd/index.ts';
import {
  type BfdAction,
  type BfdConfig,
  type BfdEvent,
  type BfdSession,
  initialBfd,
  stepBfd,
} from '../../../../src/core/fsm/bfd/index.ts';
import { BFD_300_3, BfdEnd, BfdPair, deepFreeze } from '../../../support/bfd-pair.ts';

const at = (intervalMs: number, detectMultiplier = 3): BfdConfig => ({
  role: 'active',
  desiredMinTxIntervalUs: intervalMs * 1000,
  requiredMinRxIntervalUs: intervalMs * 1000,
  detectMultiplier,
});

/** What a neighbour says. */
const saying = (state: BfdState, fields: Partial<BfdPacket> = {}): BfdPacket => ({
  diagnostic: 0,
  state,
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 0xb,
  yourDiscriminator: 0xa,
  desiredMinTxIntervalUs: 300_000,
  requiredMinRxIntervalUs: 300_000,
  requiredMinEchoRxIntervalUs: 0,
  ...fields,
});

/** An end that came up with a neighbour that is only imagined. */
function upEnd(config: BfdConfig = BFD_300_3, fields: Partial<BfdPacket> = {}): BfdEnd {
  const end = new BfdEnd(0xa, config);
  end.tell('start', 0);
  end.receive(saying('Init', fields), 10);
  end.receive(saying('Up', { final: true, ...fields }), 20);
  end.sent.length = 0;
  end.reports.length = 0;
  return end;
}

function until(end: BfdEnd, endMs: number): void {
  while (end.wakeMs !== undefined && end.wakeMs <= endMs) end.tell('due', end.wakeMs);
}

describe('two ends of a BFD session', () => {
  it('come up by three packets, and stay so', () => {
    const pair = new BfdPair().start().until(60_000);
    for (const end of [pair.a, pair.b]) {
      expect(end.state.sessionState).toBe('Up');
      expect(end.reports.filter(({ report }) => report.state === 'Up').length).toBeGreaterThan(0);
      expect(end.reports.some(({ atMs }) => atMs > 3000)).toBe(false);
    }
  });

  it('send no faster than one a second until they are up, and then as was agreed (RFC 5880 §6.8.3)', () => {
    const lonely = new BfdEnd(0xa, at(50));
    lonely.tell('start', 0);
    until(lonely, 60_000);
    for (const gap of gapsOf(lonely)) expect(gap).toBeGreaterThanOrEqual(750);
    expect(lonely.sent.every(({ packet }) => packet.desiredMinTxIntervalUs === 1_000_000)).toBe(true);

    const pair = new BfdPair(at(50), at(200)).start().until(60_000);
    for (const end of [pair.a, pair.b]) {
      const gaps = gapsOf(end, 10_000);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(150);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(200);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(30);
    }
  });

  it('keep below 90 % of the interval when one loss is death (RFC 5880 §6.8.7)', () => {
    const pair = new BfdPair(at(100, 1), at(100, 1)).start().until(60_000);
    expect(Math.max(...gapsOf(pair.a, 10_000))).toBeLessThanOrEqual(90);
    expect(Math.min(...gapsOf(pair.a, 10_000))).toBeGreaterThanOrEqual(75);
    expect(pair.a.reports.some(({ atMs }) => atMs > 5000)).toBe(false);
  });

  it('agree with each change by one Poll Sequence (RFC 5880 §6.5)', () => {
    const pair = new BfdPair().start().until(10_000);
    for (const end of [pair.a, pair.b]) {
      expect(end.state.polling).toBe(false);
      expect(end.sent.some(({ packet }) => packet.poll)).toBe(true);
      expect(end.sent.some(({ packet }) => packet.final)).toBe(true);
      expect(end.sent.some(({ packet }) => packet.poll && packet.final)).toBe(false);
    }
    pair.a.config = at(1000);
    pair.a.tell('reconfigured', pair.nowMs);
    expect(pair.a.state.polling).toBe(true);
    pair.until(20_000);
    expect(pair.a.state).toMatchObject({ polling: false, inEffect: { desiredMinTxIntervalUs: 1_000_000 } });
    expect(pair.b.reports.some(({ atMs }) => atMs > 10_000)).toBe(false);
    for (const gap of gapsOf(pair.a, 12_000)) expect(gap).toBeGreaterThanOrEqual(750);
  });

  it('notice silence after the Detection Time, say so, and come back (RFC 5880 §6.8.4)', () => {
    const pair = new BfdPair().start().until(10_000);
    pair.loses = (to) => to === pair.a;
    pair.until(12_000);
    const down = pair.a.reports.find(({ atMs, report }) => atMs > 10_000 && report.state === 'Down');
    expect(down?.report.diagnostic).toBe(1);
    expect(down?.atMs).toBeLessThanOrEqual(10_000 + 900);
    expect(pair.b.reports.find(({ atMs }) => atMs > 10_000)?.report).toMatchObject({ state: 'Down', diagnostic: 3 });
    expect(pair.b.reports.find(({ atMs }) => atMs > 10_000)?.atMs).toBeLessThanOrEqual((down?.atMs ?? 0) + 1);
    pair.loses = () => false;
    pair.until(16_000);
    expect(pair.a.state.sessionState).toBe('Up');
  });

  it('survive two losses in a row at multiplier 3, whatever the jitter', () => {
    const pair = new BfdPair().start().until(10_000);
    let passed = 0;
    pair.loses = () => {
      passed += 1;
      return passed % 3 !== 0;
    };
    const lost = pair.until(300_000).a.reports.filter(({ atMs }) => atMs > 10_000);
    // Both directions share the counter, so that now and then three of one direction fall in a row: few, but not for ever down.
    expect(lost.length).toBeLessThan(400);
    pair.loses = () => false;
    pair.until(310_000);
    expect(pair.a.state.sessionState).toBe('Up');
    expect(pair.b.state.sessionState).toBe('Up');
  });

  it('come up when one of them only waits, and do not when both do (RFC 5880 §6.1)', () => {
    const passive: BfdConfig = { ...BFD_300_3, role: 'passive' };
    expect(new BfdPair(passive, BFD_300_3).start().until(5000).a.state.sessionState).toBe('Up');
    const silent = new BfdPair(passive, passive).start().until(60_000);
    expect([...silent.a.sent, ...silent.b.sent]).toEqual([]);
  });

  it('go down without alarm when one is switched off (RFC 5880 §6.8.16)', () => {
    const pair = new BfdPair().start().until(10_000);
    pair.a.tell('disable', pair.nowMs);
    pair.until(10_010);
    expect(pair.b.reports.at(-1)?.report).toMatchObject({ state: 'Down', diagnostic: 3, remoteState: 'AdminDown' });
    pair.until(20_000);
    expect(pair.b.state.sessionState).toBe('Down');
    pair.a.tell('enable', pair.nowMs);
    pair.until(25_000);
    expect(pair.a.state.sessionState).toBe('Up');
    expect(pair.b.state.sessionState).toBe('Up');
  });
});

describe('a BFD session', () => {
  it('lowers what it expects only after the neighbour knows (RFC 5880 §6.8.3)', () => {
    const end = upEnd();
    end.config = at(100);
    end.tell('reconfigured', 1000);
    expect(end.state).toMatchObject({
      requiredMinRxIntervalUs: 100_000,
      inEffect: { requiredMinRxIntervalUs: 300_000 },
    });
    end.receive(saying('Up', { desiredMinTxIntervalUs: 50_000 }), 1100);
    expect(end.state.remote?.detectAtMs).toBe(1100 + 900);
    end.receive(saying('Up', { desiredMinTxIntervalUs: 50_000, final: true }), 1200);
    expect(end.state.remote?.detectAtMs).toBe(1200 + 300);
  });

  it('sends faster at once, and more rarely only after the neighbour knows (RFC 5880 §6.8.3)', () => {
    const end = upEnd(at(300), { requiredMinRxIntervalUs: 10_000 });
    end.config = at(50);
    end.tell('reconfigured', 1000);
    expect(end.wakeMs).toBeLessThanOrEqual(1050);
    end.receive(saying('Up', { final: true, requiredMinRxIntervalUs: 10_000 }), 1010);
    end.config = at(900);
    end.tell('reconfigured', 1020);
    expect(end.state.inEffect.desiredMinTxIntervalUs).toBe(50_000);
    end.receive(saying('Up', { final: true, requiredMinRxIntervalUs: 10_000 }), 1030);
    expect(end.state.inEffect.desiredMinTxIntervalUs).toBe(900_000);
  });

  it('follows a neighbour that wants packets faster before its next one was due (RFC 5880 §6.8.7)', () => {
    const end = upEnd(at(50), { requiredMinRxIntervalUs: 1_000_000 });
    expect(end.wakeMs).toBeGreaterThan(500);
    end.receive(saying('Up', { requiredMinRxIntervalUs: 50_000 }), 100);
    expect(end.wakeMs).toBeLessThanOrEqual(150);
  });

  it('answers a Poll at once with Final, and goes on polling itself (RFC 5880 §6.5)', () => {
    const end = upEnd();
    end.config = at(200);
    end.tell('reconfigured', 100);
    end.sent.length = 0;
    end.receive(saying('Up', { poll: true }), 110);
    expect(end.sent).toHaveLength(1);
    expect(end.sent[0]?.packet).toMatchObject({ final: true, poll: false });
    end.receive(saying('Up'), 115);
    until(end, 400);
    expect(end.sent.at(-1)?.packet).toMatchObject({ final: false, poll: true });
  });

  it('falls silent for a neighbour that wants no periodic packets, and still answers it (RFC 5880 §6.8.7)', () => {
    const end = upEnd();
    end.receive(saying('Up', { requiredMinRxIntervalUs: 0, detectMultiplier: 255 }), 100);
    end.sent.length = 0;
    until(end, 50_000);
    expect(end.sent).toEqual([]);
    end.receive(saying('Up', { requiredMinRxIntervalUs: 0, poll: true }), 50_100);
    expect(end.sent).toHaveLength(1);
  });

  it('falls silent for a neighbour in demand mode once both are up (RFC 5880 §6.6)', () => {
    const end = upEnd();
    end.receive(saying('Up', { demand: true, detectMultiplier: 255 }), 100);
    end.sent.length = 0;
    until(end, 50_000);
    expect(end.sent).toEqual([]);
    end.config = at(500);
    end.tell('reconfigured', 50_000);
    until(end, 52_000);
    expect(end.sent.every(({ packet }) => packet.poll)).toBe(true);
    expect(end.sent.length).toBeGreaterThan(2);
  });

  it('believes no Init and no Up that does not know it (RFC 5880 §6.8.6)', () => {
    const end = upEnd();
    end.receive(saying('Up', { yourDiscriminator: 0 }), 100);
    expect(end.drops).toEqual(['unknown-session-in-init-or-up']);
    expect(end.state.remote?.detectAtMs).toBe(20 + 900);
  });

  it('ends when the neighbour says Down, with or without knowing it', () => {
    for (const yourDiscriminator of [0, 0xa]) {
      const end = upEnd();
      end.receive(saying('Down', { yourDiscriminator, diagnostic: 1 }), 100);
      expect(end.reports.at(-1)?.report).toEqual({
        state: 'Down',
        diagnostic: 3,
        remoteState: 'Down',
        remoteDiagnostic: 1,
      });
    }
  });

  it('forgets the neighbour after a Detection Time of silence in any state', () => {
    const end = new BfdEnd(0xa, BFD_300_3);
    end.tell('start', 0);
    end.receive(saying('AdminDown'), 10);
    expect(end.sent.at(-1)?.packet.yourDiscriminator).toBe(0xb);
    until(end, 5000);
    expect(end.state.remote).toBeUndefined();
    expect(end.sent.at(-1)?.packet.yourDiscriminator).toBe(0);
  });
});

describe('the BFD machine', () => {
  const moment = { nowMs: 5000, draw: 0.5 };
  const events: Record<string, BfdEvent> = {
    start: { kind: 'start', ...moment },
    ...Object.fromEntries(
      BFD_STATES.flatMap((state) => [
        [`received ${state}`, { kind: 'received', packet: saying(state), ...moment }],
        [
          `received ${state} not knowing us`,
          { kind: 'received', packet: saying(state, { yourDiscriminator: 0 }), ...moment },
        ],
        [`received ${state} with Poll`, { kind: 'received', packet: saying(state, { poll: true }), ...moment }],
        [`received ${state} with Final`, { kind: 'received', packet: saying(state, { final: true }), ...moment }],
      ]) as [string, BfdEvent][],
    ),
    'due to send': { kind: 'due', ...moment, nowMs: 4200 },
    'due to detect': { kind: 'due', ...moment, nowMs: 6000 },
    reconfigured: { kind: 'reconfigured', ...moment },
    disable: { kind: 'disable', ...moment },
    enable: { kind: 'enable', ...moment },
  };

  it('decides every event in every state', () => {
    const table = BFD_STATES.flatMap((sessionState) =>
      Object.entries(events).map(([name, event]) => {
        const before = deepFreeze(stateIn(sessionState));
        const { state, actions } = stepBfd(before, deepFreeze(event), BFD_300_3);
        const done = actions.map(wordsFor);
        return `${sessionState} × ${name} → ${state.sessionState}${state.polling ? ', polling' : ''}; ${done.join(', ')}`;
      }),
    );
    expect(table).toMatchSnapshot();
  });

  function stateIn(sessionState: BfdState): BfdSession {
    const session = initialBfd(0xa, BFD_300_3);
    const up = { desiredMinTxIntervalUs: 300_000, requiredMinRxIntervalUs: 300_000 };
    return {
      ...session,
      sessionState,
      ...(sessionState === 'Up' ? { ...up, inEffect: up } : {}),
      remote: {
        discriminator: 0xb,
        state: sessionState,
        diagnostic: 0,
        demand: false,
        detectMultiplier: 3,
        desiredMinTxIntervalUs: 300_000,
        requiredMinRxIntervalUs: 300_000,
        detectAtMs: 5900,
      },
      sendAtMs: 4200,
    };
  }
});

function wordsFor(action: BfdAction): string {
  switch (action.kind) {
    case 'send':
      return `send ${action.packet.state}${action.packet.poll ? '+P' : ''}${action.packet.final ? '+F' : ''}`;
    case 'report':
      return `report ${action.report.state}/${action.report.diagnostic}`;
    case 'drop':
      return `drop ${action.reason}`;
    default:
      return `wake ${action.atMs}`;
  }
}

/** Time between two packets that were not sent because of what they say. */
function gapsOf(end: BfdEnd, fromMs = 1): number[] {
  const times = end.sent.filter(({ atMs, packet }) => atMs >= fromMs && !packet.final).map(({ atMs }) => atMs);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}
