import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnnouncerBed, ip, nodeOf } from '../../../support/channel/announcer-bed.ts';

const NODES = ['node-a', 'node-b', 'node-c', 'node-d'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];

const node = fc.constantFrom(...NODES);
const address = fc.constantFrom(...ADDRESSES);
const happening = fc.oneof(
  fc.record({ kind: fc.constantFrom('drop', 'dial', 'cut-power', 'cordon', 'uncordon', 'exclude'), node }),
  fc.record({ kind: fc.constant('take-over'), node, address }),
  fc.record({ kind: fc.constant('lie'), node, address, term: fc.nat(3), counter: fc.nat(50) }),
  fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(100, 1_000, 3_000) }),
  fc.record({ kind: fc.constant('replace-controller') }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

async function happen(bed: AnnouncerBed, one: Happening): Promise<void> {
  const speaker = 'node' in one ? bed.speakers.get(one.node) : undefined;
  if ('node' in one && speaker === undefined) return;
  switch (one.kind) {
    case 'drop':
      speaker?.drop();
      break;
    case 'dial':
      speaker?.dial(bed.registry);
      break;
    case 'cut-power':
      speaker?.cutPower();
      break;
    case 'cordon':
      bed.nodes.set(one.node, nodeOf(one.node, { unschedulable: true }));
      break;
    case 'exclude': {
      const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
      bed.nodes.set(one.node, nodeOf(one.node, { labels }));
      break;
    }
    case 'uncordon':
      bed.nodes.set(one.node, nodeOf(one.node));
      break;
    case 'take-over':
      if ('address' in one && speaker?.grants.has(ip(one.address)) === true) speaker.takeOver(one.address);
      break;
    case 'lie':
      if ('term' in one) {
        const claim = { address: ip(one.address), epoch: { generation: 1, counter: one.counter }, term: one.term };
        speaker?.say({ kind: 'claims', made: [claim], dropped: [] });
        speaker?.say({ kind: 'claims', made: [], dropped: [ip(one.address)] });
      }
      break;
    case 'replace-controller':
      await bed.replaceController();
      for (const [at, each] of ADDRESSES.entries()) bed.serve(`s-${at}`, each);
      bed.announcer.declared();
      break;
    default:
      if ('ms' in one) await bed.advance(one.ms);
  }
  await bed.advance(0);
}

/** What hellos do: of two that announce an address, the one with the weaker claim stops. */
function hearEachOther(bed: AnnouncerBed): void {
  for (const one of ADDRESSES.map(ip)) {
    const strength = (name: string): number => {
      const speaker = bed.speakers.get(name);
      const epoch = speaker?.claims.get(one);
      if (epoch === undefined) return 0;
      return epoch.generation * 1e9 + epoch.counter * 1e3 + (speaker?.terms.get(one) ?? 0);
    };
    const [, ...weaker] = NODES.filter((name) => strength(name) > 0).sort((a, b) => strength(b) - strength(a));
    for (const name of weaker) {
      bed.speakers.get(name)?.claims.delete(one);
      bed.speakers.get(name)?.terms.delete(one);
      bed.speakers.get(name)?.say({ kind: 'claims', made: [], dropped: [one] });
    }
  }
}

describe('the announcer', () => {
  it('ends with one owner for each address that a node can have, whatever happened before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (happenings) => {
        const bed = new AnnouncerBed();
        await bed.start(...NODES);
        for (const [at, each] of ADDRESSES.entries()) bed.serve(`s-${at}`, each);
        await bed.advance(100);
        for (const one of happenings) await happen(bed, one);
        // Everything heals.
        for (const name of NODES) bed.nodes.set(name, nodeOf(name));
        for (const speaker of bed.speakers.values()) speaker.dial(bed.registry);
        for (let second = 0; second < 10; second += 1) {
          hearEachOther(bed);
          await bed.advance(1_000);
        }
        for (const [at, each] of ADDRESSES.entries()) {
          expect(bed.announcersOf(each)).toHaveLength(1);
          const [state] = bed.announcer.statesOf(`default/s-${at}`);
          expect(state).toMatchObject({ claimed: true, ownership: { node: bed.ownerOf(each) } });
          expect(state?.candidates[0]).toBe(bed.ownerOf(each));
          expect(state?.rival).toBeUndefined();
        }
        bed.stop();
        expect(bed.time.armed).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
