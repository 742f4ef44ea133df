import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatIp } from '../../../src/core/net/index.ts';
import { ConflictsBed, NODE_MACS } from '../../support/conflicts-bed.ts';
import { mac, v4 } from '../../support/fake-lan.ts';
import { service } from '../../support/kube/fake-cluster.ts';

const ADDRESSES = ['192.0.2.50', '192.0.2.51', '192.0.2.52'].map(v4);
const FOREIGN = mac('52:54:00:00:00:01');
const MACS = [FOREIGN, mac('52:54:00:00:00:02'), NODE_MACS.n2 ?? FOREIGN];

const address = fc.constantFrom(...ADDRESSES);
const node = fc.constantFrom('n1', 'n2');
const step = fc.oneof(
  fc.record({
    do: fc.constant('conflict' as const),
    address,
    node,
    by: fc.constantFrom(...MACS),
    seen: fc.constantFrom('answer' as const, 'announcement' as const),
  }),
  fc.record({ do: fc.constant('over' as const), address, node }),
  fc.record({ do: fc.constantFrom('plug' as const, 'unplug' as const), address }),
  fc.record({ do: fc.constantFrom('serve' as const, 'delete' as const, 'mute' as const, 'hear' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(bed: ConflictsBed, taken: Step): Promise<void> {
  switch (taken.do) {
    case 'conflict':
      bed.conflict(taken.node, taken.address, taken.by, taken.seen);
      return;
    case 'over':
      bed.over(taken.node, taken.address);
      return;
    case 'plug':
      bed.lan.set(taken.address, FOREIGN);
      return;
    case 'unplug':
      bed.lan.delete(taken.address);
      return;
    case 'mute':
    case 'hear':
      bed.answers = taken.do === 'hear';
      return;
    case 'serve':
      await bed.provider.ensureLoadBalancer('cluster', bed.cluster.put(service('web')));
      return;
    case 'delete':
      await bed.provider.ensureLoadBalancerDeleted('cluster', service('web'));
      return;
    case 'wait':
      await bed.time.advance(taken.ms);
      return;
    default:
      taken satisfies never;
  }
}

const TITLE =
  'whatever speakers report: what is in quarantine has a cause, is not known to be free, and is out of it when the LAN is quiet';

it(TITLE, { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const bed = new ConflictsBed();
      for (const taken of steps) {
        await perform(bed, taken);
        for (const [each, cause] of bed.provider.addresses.quarantined()) {
          expect(cause).toMatch(/ has it \(seen by node "n[12]" on eth0\)$/);
          // But for those that only nodes of the cluster answer for: these are announced all the same.
          if (bed.conflicts.knownFree(each)) expect(bed.renewed).toContain(formatIp(each));
        }
      }
      bed.lan.clear();
      bed.answers = true;
      await bed.time.advance(900_000);
      expect(bed.quarantined()).toEqual([]);
      for (const each of ADDRESSES) expect(bed.conflicts.conflictOf(each)).toBeUndefined();
      for (const seen of ['answer', 'announcement', 'survey'])
        expect(bed.metrics.value('heraldlb_address_conflicts', { seen })).toBe(0);
    }),
    { numRuns: 300 },
  );
});
