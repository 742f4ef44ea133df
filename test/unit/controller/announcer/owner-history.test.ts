import { describe, expect, it } from 'vitest';
import { OwnerHistory } from '../../../../src/controller/announcer/owner-history.ts';
import { unionMembers } from '../../../../tools/union-members.ts';
import { v4 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

const VIP = v4('192.0.2.50');
const CLAIM = { address: VIP, epoch: { generation: 1, counter: 1 }, term: 0 };

describe('the history of who announced an address', () => {
  /** How often a label is counted after a claim for this reason. */
  const counted = (reason: string, label: string): number => {
    const metrics = new RecordingMetrics();
    new OwnerHistory({ clock: new ManualTime(), metrics }).claimed(VIP, 'node-a', { ...CLAIM, reason });
    return metrics.value('heraldlb_owner_changes_total', { reason: label });
  };

  it.each(unionMembers('core/fsm/ownership/types.ts', 'ClaimReason').map(({ name }) => name))(
    'counts a claim of a node under the reason that it said: %s',
    (reason) => {
      expect(counted(reason, reason)).toBe(1);
    },
  );

  it('counts reasons of other releases as "other"', () => {
    expect(counted('unheard-of', 'other')).toBe(1);
  });
});
