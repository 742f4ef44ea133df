import { describe, expect, it } from 'vitest';
import { type Applicant, Ipam, type PoolSpec } from '../../../../src/core/ipam/index.ts';
import { formatIp, type IpFamily } from '../../../../src/core/net/index.ts';
import { applicant, ip, poolSpec, range } from '../../../support/ipam-pools.ts';

const NOW = { nowMs: 0, promised: () => 0 };

function withPools(...pools: readonly PoolSpec[]): Ipam {
  const ipam = new Ipam({ coolDownMs: 0 });
  ipam.setPools(pools);
  return ipam;
}

function wanted(asked: readonly string[] = [], family: IpFamily = 'IPv4') {
  return { families: [family], everyFamily: true, addresses: asked.map(ip), pools: [], keep: [] };
}

/** The addresses that it gets, or the kinds of the refusals. */
function give(
  ipam: Ipam,
  asks: Applicant,
  asked: readonly string[] = [],
  family: IpFamily = 'IPv4',
): readonly string[] {
  const choice = ipam.choose(asks, wanted(asked, family), NOW);
  if (choice.kind === 'refused') return choice.refusals.map(({ kind }) => kind);
  expect(ipam.assign(asks, choice.addresses).kind).toBe('assigned');
  return choice.addresses.map(formatIp);
}

describe('the addresses that come next', () => {
  it('are those that would be given out in turn, of each family, and none that is held, kept or barred', () => {
    const ranges = ['10.0.0.254-10.0.1.3', '10.0.2.0/30', 'fd00::/64'];
    const reservations = [{ holder: 'a/kept', ranges: [range('10.0.1.1/32')] }];
    const ipam = withPools(poolSpec('any', ranges, { avoidBuggyIps: true, reservations }));
    expect(give(ipam, applicant('a/b'))).toEqual(['10.0.0.254']);
    ipam.setQuarantine(ip('10.0.1.2'), 'another host has it');
    ipam.setNodeAddress(ip('fd00::1'), 'n');
    const next = ipam.nextFree('any', 3).map(formatIp);
    expect(next).toEqual(['10.0.1.3', '10.0.2.1', '10.0.2.2', 'fd00::', 'fd00::2', 'fd00::3']);
    for (const address of next.slice(0, 3)) expect(give(ipam, applicant(`a/${address}`))).toEqual([address]);
    expect(ipam.nextFree('any', 1)).toHaveLength(2);
    expect(ipam.nextFree('none', 1)).toEqual([]);
  });
});

describe('a reserved address', () => {
  const pool = poolSpec('any', ['10.0.0.0/29'], {
    autoAssign: false,
    reservations: [{ holder: 'a/kept', ranges: [range('10.0.0.2-10.0.0.3'), range('192.0.2.0/24')] }],
  });

  it('is given to its Service without being asked for, whenever that comes', () => {
    const ipam = withPools(pool);
    expect(give(ipam, applicant('a/kept'))).toEqual(['10.0.0.2']);
    ipam.retire('a/kept');
    ipam.settle('a/kept', [], 0);
    expect(give(ipam, applicant('a/other'), ['10.0.0.2'])).toEqual(['reserved']);
    expect(give(ipam, applicant('a/kept'))).toEqual(['10.0.0.2']);
  });

  it('is given to nobody else, neither by request nor when nothing else is left', () => {
    const ipam = withPools({ ...pool, autoAssign: true });
    const got = Array.from({ length: 7 }, (_, at) => give(ipam, applicant(`a/${at}`)).join());
    expect(got).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7', 'exhausted']);
    expect(ipam.free('any', 'IPv4')).toBe(0);
    expect(ipam.usage('any')?.IPv4).toEqual({ assigned: 6, available: 2n });
  });

  it('that another holds already stays with that one', () => {
    const ipam = withPools(poolSpec('any', ['10.0.0.0/29']));
    const early = applicant('a/early');
    expect(give(ipam, early, ['10.0.0.2'])).toEqual(['10.0.0.2']);
    ipam.setPools([pool]);
    expect(ipam.keepRefusal(early, ip('10.0.0.2'), [])).toBeUndefined();
    expect(give(ipam, early, ['10.0.0.2'])).toEqual(['10.0.0.2']);
    expect(give(ipam, applicant('a/kept'))).toEqual(['10.0.0.3']);
  });

  it('is given to the first of two that have it reserved', () => {
    const twice = [
      { holder: 'a/one', ranges: [range('10.0.0.0/31')] },
      { holder: 'a/two', ranges: [range('10.0.0.1-10.0.0.2')] },
    ];
    const ipam = withPools({ ...pool, reservations: twice });
    expect(give(ipam, applicant('a/two'))).toEqual(['10.0.0.2']);
    expect(give(ipam, applicant('a/two'), ['10.0.0.1'])).toEqual(['reserved']);
    expect(give(ipam, applicant('a/one'), ['10.0.0.1'])).toEqual(['10.0.0.1']);
  });
});

describe('a pool of more addresses than can be counted', () => {
  const ipam = withPools(poolSpec('six', ['fd00::/48', 'fe00::-fe00::1']));

  it('gives out the lowest addresses, and any other by request', () => {
    expect(give(ipam, applicant('a/one'), [], 'IPv6')).toEqual(['fd00::']);
    expect(give(ipam, applicant('a/two'), ['fd00::ffff:ffff:ffff:ffff'], 'IPv6')).toEqual([
      'fd00::ffff:ffff:ffff:ffff',
    ]);
    expect(give(ipam, applicant('a/three'), ['fd00::ffff:ffff:ffff:ffff'], 'IPv6')).toEqual(['held']);
    expect(give(ipam, applicant('a/four'), ['fe00::1'], 'IPv6')).toEqual(['fe00::1']);
    expect(give(ipam, applicant('a/five'), [], 'IPv6')).toEqual(['fd00::1']);
  });

  it('counts them exactly', () => {
    expect(ipam.usage('six')?.IPv6).toEqual({ assigned: 4, available: 2n ** 80n + 2n - 4n });
  });

  it('frees what only a request reaches', () => {
    ipam.retire('a/two');
    ipam.settle('a/two', [], 0);
    expect(give(ipam, applicant('a/three'), ['fd00::ffff:ffff:ffff:ffff'], 'IPv6')).toEqual([
      'fd00::ffff:ffff:ffff:ffff',
    ]);
  });
});

describe('assign', () => {
  it('changes nothing when one of the addresses is impossible', () => {
    const ipam = withPools(poolSpec('any', ['10.0.0.0/30']));
    expect(give(ipam, applicant('a/one'))).toEqual(['10.0.0.0']);
    ipam.setNodeAddress(ip('10.0.0.3'), 'node');
    for (const impossible of ['10.0.0.0', '10.0.0.3', '192.0.2.1']) {
      expect(ipam.assign(applicant('a/two'), [ip('10.0.0.1'), ip(impossible)]).kind).toBe('refused');
    }
    expect(ipam.holding('a/two')).toEqual({ addresses: [], leaving: [] });
    expect(ipam.holdersOf(ip('10.0.0.1'))).toEqual([]);
  });

  it('says on which addresses the terms changed, so that others may try to share them', () => {
    const ipam = withPools(poolSpec('any', ['10.0.0.0/30']));
    const sharing = { key: 'k', scope: '', backend: '' };
    const shared = applicant('a/one', { sharing });
    expect(ipam.assign(shared, [ip('10.0.0.1')])).toEqual({ kind: 'assigned', changed: [] });
    expect(ipam.assign(shared, [ip('10.0.0.1')])).toEqual({ kind: 'assigned', changed: [] });
    const changed = [{ address: ip('10.0.0.1'), sharing }];
    expect(ipam.assign({ ...shared, ports: ['TCP/443'] }, [ip('10.0.0.1')])).toEqual({ kind: 'assigned', changed });
  });
});
