import { describe, expect, it } from 'vitest';
import { advertises, bothTerms, termsFor } from '../../../../src/controller/announcer/advertisement-rules.ts';
import { advertisement, ip } from '../../../support/channel/announcer-bed.ts';

const address = { address: ip('10.0.0.1'), poolName: 'gold', poolLabels: { tier: '1' } };
const service = { labels: { app: 'web' } };
const prefer = (weight: number, labels: Record<string, string>) => ({ weight, preference: { matchLabels: labels } });

describe('an L2Advertisement', () => {
  const cases: readonly (readonly [string, Parameters<typeof advertisement>[1], boolean])[] = [
    ['without pools is for every pool', {}, true],
    ['is for a pool that it names', { ipAddressPools: ['silver', 'gold'] }, true],
    ['is not for a pool that it does not name', { ipAddressPools: ['silver'] }, false],
    ['is for a pool whose labels it selects', { ipAddressPoolSelectors: [{ matchLabels: { tier: '1' } }] }, true],
    [
      'unites names and selectors',
      { ipAddressPools: ['gold'], ipAddressPoolSelectors: [{ matchLabels: { tier: '2' } }] },
      true,
    ],
    [
      'is for a Service that any selector matches',
      { serviceSelectors: [{ matchLabels: { app: 'db' } }, { matchLabels: { app: 'web' } }] },
      true,
    ],
    ['is not for a Service that no selector matches', { serviceSelectors: [{ matchLabels: { app: 'db' } }] }, false],
  ];
  for (const [what, fields, expected] of cases) {
    it(what, () => expect(advertises(advertisement('one', fields), address, service)).toBe(expected));
  }
});

describe('the terms of a node', () => {
  const racked = { nodeSelectors: [{ matchLabels: { rack: '1' } }, { matchLabels: { rack: '2' } }] };

  it('are none when no selector matches it, and any that does is enough', () => {
    expect(termsFor([advertisement('one', racked)], { rack: '3' })).toBeUndefined();
    expect(termsFor([advertisement('one', racked)], { rack: '2' })).toEqual({ preference: 0, interfaces: undefined });
  });

  it('unite the interfaces of those that reach it alone', () => {
    const [far, near] = [
      advertisement('far', { ...racked, interfaces: ['eth9'] }),
      advertisement('near', { interfaces: ['eth1', 'eth0'] }),
    ];
    expect(termsFor([far, near], {})).toEqual({ preference: 0, interfaces: ['eth0', 'eth1'] });
    expect(termsFor([far, near], { rack: '1' })?.interfaces).toEqual(['eth0', 'eth1', 'eth9']);
    expect(termsFor([far, near, advertisement('all')], {})?.interfaces).toBeUndefined();
  });

  it('sum the weights of the preferences that match, over all that reach it', () => {
    const weighted = advertisement('one', {
      preferredNodeSelectors: [prefer(10, { ssd: '' }), prefer(5, {}), prefer(1, { no: '' })],
    });
    expect(termsFor([weighted, weighted], { ssd: '' })?.preference).toBe(30);
  });

  it('of two Services are what both allow, or none', () => {
    const [any, eth0, eth1] = [undefined, ['eth0'], ['eth1']].map((interfaces) => ({ preference: 1, interfaces }));
    if (any === undefined || eth0 === undefined || eth1 === undefined) throw new Error('no terms');
    expect(bothTerms(any, eth0)).toEqual({ preference: 2, interfaces: ['eth0'] });
    expect(bothTerms(eth0, any)).toEqual({ preference: 2, interfaces: ['eth0'] });
    expect(bothTerms(eth0, eth1)).toBeUndefined();
  });
});
