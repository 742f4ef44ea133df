import { describe, expect, it } from 'vitest';
import {
  type AnnouncingEvent,
  ARP_ANNOUNCING,
  type Schedule,
  stepAnnouncing,
} from '../../../../src/core/fsm/announcing/index.ts';
import { formatIp, type IpAddress } from '../../../../src/core/net/index.ts';
import { deepFreeze } from '../../../support/deep-freeze.ts';
import { v4 } from '../../../support/fake-lan.ts';

const A = v4('192.0.2.50');

describe('the announcing machine', () => {
  const schedules: Record<string, Schedule | undefined> = {
    unknown: undefined,
    'takeover under way': { kind: 'planned', plan: 'takeover', step: 3, dueMs: 1000 },
    'takeover at its last step': { kind: 'planned', plan: 'takeover', step: 9, dueMs: 1000 },
    'repetition under way': { kind: 'planned', plan: 'repeat', step: 1, dueMs: 1000 },
    'refresh due': { kind: 'refreshing', dueMs: 1000 },
    'refresh later': { kind: 'refreshing', dueMs: 50_000 },
    'refresh off': { kind: 'refreshing' },
  };
  const events: Record<string, AnnouncingEvent> = {
    taken: { kind: 'taken', addresses: [A], nowMs: 1000 },
    lost: { kind: 'lost', addresses: [A] },
    forgotten: { kind: 'forgotten', nowMs: 1000 },
    due: { kind: 'due', nowMs: 1000, gateways: 1, draw: 0.5 },
    'hushed, taken': { kind: 'taken', addresses: [A], nowMs: 1000 },
    'hushed, due': { kind: 'due', nowMs: 1000, gateways: 1, draw: 0.5 },
    'hushed no more': { kind: 'hushed', hushed: false, nowMs: 1000 },
  };

  it('decides every event in every state', () => {
    const table = Object.entries(schedules).flatMap(([stateName, schedule]) =>
      Object.entries(events).map(([eventName, event]) => {
        const state = deepFreeze({
          schedules: new Map(schedule === undefined ? [] : [[A as IpAddress, schedule]]),
          credit: 20,
          creditAtMs: 0,
          restUntilMs: 0,
          hushed: eventName.startsWith('hushed'),
        });
        const step = stepAnnouncing(state, deepFreeze(event), ARP_ANNOUNCING);
        const after = JSON.stringify(step.state.schedules.get(A) ?? 'unknown');
        const actions = step.actions.map((action) =>
          action.kind === 'wake' ? `wake ${action.atMs}` : `${action.form} ${formatIp(action.address)}`,
        );
        return `${stateName} × ${eventName} → ${after}; ${actions.join(', ')}`;
      }),
    );
    expect(table).toMatchSnapshot();
  });
});
