import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BfdSessionSettings } from '../../src/ports/bfd.ts';
import { BfdNode } from '../support/bfd-node.ts';
import { eventually } from '../support/eventually.ts';
import { v4, v6 } from '../support/fake-lan.ts';
import { NamespaceLan } from '../support/namespace-lan.ts';
import { inNamespace, ip, sysctl } from '../support/network-namespace.ts';

const session = (remote: string, fields: Partial<BfdSessionSettings> = {}): BfdSessionSettings => ({
  name: remote,
  path: { remote: remote.includes(':') ? v6(remote) : v4(remote) },
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  passive: false,
  ...fields,
});
const MULTIHOP = (remote: string, minimumTtl: number): Partial<BfdSessionSettings> => ({
  path: { remote: v4(remote), multihop: { minimumTtl } },
});

describe('BFD between two nodes', () => {
  let lan: NamespaceLan;
  let nodes: readonly [BfdNode, BfdNode];

  beforeAll(async () => {
    lan = await NamespaceLan.create('node1', 'node2');
    for (const [index, node] of ['node1', 'node2'].entries()) {
      await sysctl(node, 'ipv6/conf/all/disable_ipv6', 0);
      await ip(`-n ${node} address add fd09::${index + 1}/64 dev eth0 nodad`);
      await ip(`-n ${node} address add fe80::${index + 1}/64 dev eth0 nodad`);
    }
  });

  afterEach(async () => {
    for (const node of nodes) await node.stop();
    expect(nodes.flatMap(({ failures }) => failures)).toEqual([]);
  });

  afterAll(async () => lan.destroy());

  const begin = (a: BfdSessionSettings, b: BfdSessionSettings): void => {
    nodes = [new BfdNode('node1'), new BfdNode('node2')];
    nodes[0].set(a);
    nodes[1].set(b);
  };
  const bothUp = (): Promise<void> =>
    patiently(() => {
      for (const node of nodes) expect(node.reports.at(-1)?.state).toBe('Up');
    });

  it('comes up over IPv4, and says when the neighbour falls silent', async () => {
    begin(session('10.9.0.2'), session('10.9.0.1'));
    await bothUp();
    await ip('-n switch link set node1-eth0 down');
    await patiently(() => expect(nodes[1].report('10.9.0.1')).toMatchObject({ state: 'Down', diagnostic: 1 }));
    await ip('-n switch link set node1-eth0 up');
    await bothUp();
  });

  it('comes up over IPv6, and over a link-local address', async () => {
    begin(session('fd09::2'), session('fd09::1'));
    await bothUp();
    nodes[0].set(session('fd09::2'), session('fe80::2', { path: { remote: v6('fe80::2'), interface: 'eth0' } }));
    nodes[1].set(session('fd09::1'), session('fe80::1', { path: { remote: v6('fe80::1'), interface: 'eth0' } }));
    await patiently(() => {
      expect(nodes[0].report('fe80::2')?.state).toBe('Up');
      expect(nodes[1].report('fe80::1')?.state).toBe('Up');
    });
  });

  it('comes up with keys that agree, and not with others', async () => {
    const key = { type: 'meticulous-keyed-sha1', keyId: 1, secret: new TextEncoder().encode('herald') } as const;
    begin(session('10.9.0.2', { authentication: key }), session('10.9.0.1', { authentication: key }));
    await bothUp();
    nodes[0].set(session('10.9.0.2', { authentication: { ...key, secret: new TextEncoder().encode('x') } }));
    await patiently(() => expect(nodes[1].report('10.9.0.1')?.state).toBe('Down'));
    await patiently(() => {
      const refused = nodes[1].counters.map(({ drops }) => drops['authentication-failed'] ?? 0);
      expect(Math.max(...refused)).toBeGreaterThan(0);
    });
  });

  it('keeps a multihop session apart, on its own port', async () => {
    begin(session('10.9.0.2', MULTIHOP('10.9.0.2', 254)), session('10.9.0.1', MULTIHOP('10.9.0.1', 254)));
    await bothUp();
    expect(['node1', 'node2'].map(listeningPorts)).toEqual([[4784], [4784]]);
  });

  it('ends without alarm when one side is switched off by plan', async () => {
    begin(session('10.9.0.2'), session('10.9.0.1'));
    await bothUp();
    nodes[0].set();
    await patiently(() =>
      expect(nodes[1].report('10.9.0.1')).toMatchObject({ state: 'Down', diagnostic: 3, remoteState: 'AdminDown' }),
    );
  });

  it('says what is wrong with an interface that is not there', async () => {
    const path = { remote: v6('fe80::2'), interface: 'later' };
    begin(session('fe80::2', { path }), session('10.9.0.1'));
    await patiently(() => expect(nodes[0].report('fe80::2')?.obstacle).toBe('this node has no interface later'));
  });
});

/** UDP ports of a node for IPv4, but those that BFD sends from (RFC 5881 §4). */
function listeningPorts(node: string): readonly number[] {
  const sockets = inNamespace(node, () => readFileSync('/proc/thread-self/net/udp', 'utf8'));
  const ports = [...sockets.matchAll(/^ *\d+: [0-9A-F]{8}:([0-9A-F]{4}) /gm)].map(([, port = '']) =>
    Number.parseInt(port, 16),
  );
  return ports.filter((port) => port < 49_152);
}

/** What only has to happen in the end may take its time: the machine may be busy. */
function patiently(assertion: () => void | Promise<void>): Promise<void> {
  return eventually(assertion, 20_000);
}
