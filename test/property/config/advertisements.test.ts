import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assemble } from '../../../src/core/config/assemble.ts';
import type { BgpAdvertisement } from '../../../src/core/config/bgp-config.ts';
import type { Pool } from '../../../src/core/config/config.ts';
import { type LabelSelector, selectorMatches } from '../../../src/core/config/label-selector.ts';
import type { ConfigObject } from '../../../src/ports/informer.ts';
import { configObject } from '../../support/config-objects.ts';

const input = { fixed: [], namespaces: [], reads: () => true };
const label = fc.constantFrom('zone', 'rack');
const value = fc.constantFrom('1', '2');

/** Every set of labels that the selectors below can tell apart. */
const LABELS = ['1', '2', '3', undefined].flatMap((zone) =>
  ['1', '2', '3', undefined].map((rack) => ({ ...(zone && { zone }), ...(rack && { rack }) })),
);

const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.dictionary(label, value, { maxKeys: 2, noNullPrototype: true }).map((matchLabels) => ({ matchLabels })),
  fc
    .record({ key: label, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: fc.tuple(value) })
    .map((requirement) => ({ matchExpressions: [requirement] })),
);
const upTo = <T>(maxLength: number, item: fc.Arbitrary<T>) =>
  fc.uniqueArray(item, { maxLength, selector: (one) => JSON.stringify(one) });

const pools = upTo(5, fc.constantFrom(...'abcde')).chain((names) =>
  fc.tuple(
    ...names.map((name, at) =>
      fc.dictionary(label, value, { noNullPrototype: true }).map((labels) => {
        const addresses = at % 2 === 0 ? [`10.0.${at}.0/26`] : [`10.0.${at}.0/26`, `fd00:0:0:${at}::/120`];
        return configObject('IPAddressPool', name, { addresses }, { labels });
      }),
    ),
  ),
);
const spec = fc.record(
  {
    ipAddressPools: upTo(3, fc.constantFrom(...'abcdef')),
    ipAddressPoolSelectors: upTo(1, selector),
    nodeSelectors: upTo(2, selector),
    serviceSelectors: fc.constantFrom([], [], [{ matchLabels: { app: 'web' } }]),
    peers: upTo(2, fc.constantFrom('p', 'q', 'r')),
    localPref: fc.constantFrom(0, 100),
    aggregationLength: fc.constantFrom(32, 26, 24),
    aggregationLengthV6: fc.constantFrom(128, 120),
  },
  { requiredKeys: [] },
);
const advertisements = fc
  .array(fc.tuple(spec, fc.nat(3)), { maxLength: 12, size: 'max' })
  .map((specs) =>
    specs.map(([each, createdSecond], at) =>
      configObject('BGPAdvertisement', `advertisement-${at}`, each, { createdSecond }),
    ),
  );
const configurations = fc.tuple(pools, advertisements).map(([first, second]): ConfigObject[] => [...first, ...second]);

/** Asked of every pool, every set of labels and every peer in turn. */
function contradict(a: BgpAdvertisement, b: BgpAdvertisement, all: readonly Pool[]): boolean {
  if (a.serviceSelectors.length + b.serviceSelectors.length > 0 || a.localPref === b.localPref) return false;
  const node = LABELS.some((labels) => [a, b].every(({ nodeSelectors }) => anyMatches(nodeSelectors, labels)));
  const peer = ['p', 'q', 'r'].some((name) => [a, b].every(({ peers }) => peers.length === 0 || peers.includes(name)));
  const route = all.some(
    (pool) =>
      isFor(a, pool) &&
      isFor(b, pool) &&
      (a.aggregationLength === b.aggregationLength ||
        (pool.ranges.length > 1 && a.aggregationLengthV6 === b.aggregationLengthV6)),
  );
  return node && peer && route;
}

function isFor({ ipAddressPools, ipAddressPoolSelectors }: BgpAdvertisement, { name, labels }: Pool): boolean {
  if (ipAddressPools.length + ipAddressPoolSelectors.length === 0) return true;
  return ipAddressPools.includes(name) || ipAddressPoolSelectors.some((one) => selectorMatches(one, labels));
}

function anyMatches(selectors: readonly LabelSelector[], labels: Readonly<Record<string, string>>): boolean {
  return selectors.length === 0 || selectors.some((one) => selectorMatches(one, labels));
}

function contentOf({ name: _name, origin: _origin, ...content }: BgpAdvertisement): unknown {
  return content;
}

it('no two BGP advertisements in force say the same, or contradict each other', () => {
  fc.assert(
    fc.property(configurations, (objects) => {
      const { config } = assemble({ objects, ...input });
      for (const [at, one] of config.bgpAdvertisements.entries()) {
        for (const other of config.bgpAdvertisements.slice(at + 1)) {
          expect(contentOf(one)).not.toEqual(contentOf(other));
          expect(contradict(one, other, config.pools)).toBe(false);
        }
      }
    }),
  );
});

it('a BGP advertisement that is out for the sake of another is told of one in force, and is in force without it', () => {
  fc.assert(
    fc.property(configurations, (objects) => {
      const { config, verdicts } = assemble({ objects, ...input });
      for (const { reason, origin, message } of verdicts) {
        const [culprit] = /advertisement-\d+/.exec(message) ?? [];
        if (reason !== 'Conflict' || culprit === undefined) continue;
        expect(config.bgpAdvertisements.map(({ name }) => name)).toContain(culprit);
        const alone = objects.filter(({ kind, meta }) => kind !== 'BGPAdvertisement' || meta.name === origin.name);
        expect(assemble({ objects: alone, ...input }).config.bgpAdvertisements).toHaveLength(1);
        const both = objects.filter(
          ({ kind, meta }) => kind !== 'BGPAdvertisement' || [origin.name, culprit].includes(meta.name),
        );
        expect(assemble({ objects: both, ...input }).config.bgpAdvertisements).toHaveLength(1);
      }
    }),
  );
});

it('the order in which BGP advertisements come does not matter, and assembling again changes nothing', () => {
  fc.assert(
    fc.property(configurations, (objects) => {
      const forward = assemble({ objects, ...input });
      expect(assemble({ objects: objects.toReversed(), ...input })).toEqual(forward);
      expect(assemble({ objects, ...input }, forward)).toEqual(forward);
    }),
  );
});
