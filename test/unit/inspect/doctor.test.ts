import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeReport } from '../../../src/cli/node-report.ts';
import {
  diagnose,
  diagnoseReachability,
  formatExamination,
  type InterfaceFacts,
  type NodeReport,
} from '../../../src/inspect/doctor.ts';

const LAN: InterfaceFacts = {
  name: 'eth0',
  up: true,
  enslaved: false,
  wireless: false,
  arpIgnore: 0,
  arpAnnounce: 0,
  proxyArp: false,
  promiscuous: false,
};

const report = (facts: Partial<NodeReport>): NodeReport => ({
  node: 'node-a',
  forwards: true,
  interfaces: [LAN],
  controller: { target: '10.43.0.7:7950' },
  ...facts,
});
const IPVS = { ...LAN, name: 'kube-ipvs0', up: false };

describe('doctor', () => {
  it('finds nothing on a node as most are', () => {
    expect(diagnose(report({ interfaces: [LAN, { ...LAN, name: 'veth1', proxyArp: true }] }))).toEqual([]);
  });

  it.each<[string, Partial<NodeReport>, RegExp]>([
    ['no interface up', { interfaces: [{ ...LAN, up: false }] }, /no interface to the LAN is up/],
    ['only ports of a bridge', { interfaces: [{ ...LAN, enslaved: true }] }, /no interface to the LAN is up/],
    ['no forwarding', { forwards: false }, /ip_forward is 0/],
    ['IPVS without strict ARP', { interfaces: [LAN, IPVS] }, /the kernel answers ARP for every Service on eth0/],
    ['proxy ARP', { interfaces: [{ ...LAN, proxyArp: true }] }, /proxy_arp is on for eth0/],
    ['Wi-Fi', { interfaces: [LAN, { ...LAN, name: 'wlan0', wireless: true }] }, /wlan0 is wireless/],
    [
      'a blocked port',
      { controller: { target: '10.43.0.7:7950', failure: 'ETIMEDOUT' } },
      /out of reach at 10\.43\.0\.7/,
    ],
  ])('finds %s, and says what to do', (_what, facts, text) => {
    const [finding] = diagnose(report(facts));
    expect(finding?.what).toMatch(text);
    expect(finding?.hint).not.toBe('');
  });

  it('finds nothing wrong with IPVS and strict ARP', () => {
    expect(diagnose(report({ interfaces: [{ ...LAN, arpIgnore: 1, arpAnnounce: 2 }, IPVS] }))).toEqual([]);
  });

  it('finds speakers without a session, and ports that are blocked between nodes', () => {
    const findings = diagnoseReachability({
      nodes: [
        { name: 'node-a', speaker: 'away', announces: 0, heardBy: { 'node-b': 'never-heard', 'node-c': 'heard' } },
        { name: 'node-b', speaker: 'connected', announces: 0, heardBy: {} },
      ],
    });
    expect(formatExamination({ nodes: [], findings })).toMatch(
      /node-a +error +its speaker is away.*\n.*node-b never heard it.*UDP 7953/,
    );
  });

  it('shows what it saw of the interfaces that may lead to the LAN', () => {
    const nodes = [
      report({
        interfaces: [
          { ...LAN, promiscuous: true },
          { ...LAN, name: 'veth1' },
        ],
      }),
    ];
    const text = formatExamination({ nodes, findings: [] });
    expect(text).toMatch(/^node-a +eth0 +up +0 +0 +off +yes$/m);
    expect(text).not.toContain('veth1');
    expect(text).toMatch(/\n\nLooked at 1 nodes, and found nothing wrong\.\n$/);
  });

  it.each(['cbr0', 'br-0123456789ab', 'lo', 'wg0', 'gretap0', 'tunl0'])('passes over %s, as speakers do', (name) => {
    expect(formatExamination({ nodes: [report({ interfaces: [{ ...LAN, name }] })], findings: [] })).not.toContain(
      name,
    );
  });

  it.each(['br0', 'vmbr0', 'lom1'])('counts %s as leading to the LAN, as speakers do', (name) => {
    expect(diagnose(report({ interfaces: [{ ...LAN, name }] }))).toEqual([]);
  });

  it('knows a controller within reach, over IPv6 too', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '::1');
    await once(server, 'listening');
    const controller = `[::1]:${(server.address() as AddressInfo).port}`;
    const { controller: reached } = await nodeReport({ node: 'node-a', controller });
    server.close();
    expect(reached).toEqual({ target: controller });
  });

  it('reads what the kernel says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heraldlb-doctor-'));
    try {
      const put = (path: string, text: string): void => {
        mkdirSync(join(folder, path, '..'), { recursive: true });
        writeFileSync(join(folder, path), `${text}\n`);
      };
      put('ipv4/ip_forward', '1');
      put('ipv4/conf/all/arp_ignore', '1');
      put('ipv4/conf/eth0/arp_announce', '2');
      put('net/eth0/operstate', 'up');
      const folders = { ipv4: join(folder, 'ipv4'), interfaces: join(folder, 'net') };
      put('net/eth0/flags', '0x1103');
      // Nobody listens on port 1.
      expect(await nodeReport({ node: 'node-a', controller: '127.0.0.1:1' }, folders)).toEqual({
        node: 'node-a',
        controller: { target: '127.0.0.1:1', failure: 'ECONNREFUSED' },
        forwards: true,
        interfaces: [{ ...LAN, arpIgnore: 1, arpAnnounce: 2, promiscuous: true }],
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
