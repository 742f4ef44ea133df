import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LanProbes } from '../../../../src/controller/announced/lan-probes.ts';
import { Verification, type VerificationDependencies } from '../../../../src/controller/announced/verification.ts';
import { OwnerHistory } from '../../../../src/controller/announcer/owner-history.ts';
import { SpeakerRegistry } from '../../../../src/controller/speakers/speaker-registry.ts';
import { formatMac, type MacAddress } from '../../../../src/core/net/index.ts';
import type { ProbeResult } from '../../../../src/ports/channel.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';
import { FakeSession } from '../../../support/channel/fake-session.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const VIP = ip('10.0.0.1');
const OWN = 0x0200_0000_000a as MacAddress;
const FOREIGN = 0x0200_0000_0bad as MacAddress;
const STRANGER = 0x0200_0000_beef as MacAddress;

describe('verification', () => {
  let time: ManualTime;
  let registry: SpeakerRegistry;
  let history: OwnerHistory;
  let metrics: RecordingMetrics;
  let log: RecordingLog;
  let leading: AbortController;
  let sessions: Map<string, FakeSession>;
  let retold: number;
  /** `<witness> <MAC>` of what became an address conflict. */
  let conflicts: string[];

  beforeEach(() => {
    time = new ManualTime();
    metrics = new RecordingMetrics();
    log = new RecordingLog();
    leading = new AbortController();
    const common = { clock: time, timers: time, log, metrics };
    registry = new SpeakerRegistry({}, common);
    registry.release();
    history = new OwnerHistory(common);
    retold = 0;
    conflicts = [];
    const claimed: VerificationDependencies['conflicts']['claimed'] = (witness, { mac }) => {
      conflicts.push(`${witness} ${formatMac(mac)}`);
    };
    const nodeWith = (mac: MacAddress) => (mac === FOREIGN ? 'node-b' : undefined);
    const retell = (): void => {
      retold += 1;
    };
    const announcer = { candidatesOf: () => ['node-a', 'node-b'], retell };
    const probes = new LanProbes({}, { speakers: registry, timers: time });
    new Verification(
      {},
      { ...common, speakers: registry, probes, history, announcer, conflicts: { claimed, nodeWith } },
    ).start(leading.signal);
    leading.signal.addEventListener('abort', () => probes.stop());
    sessions = new Map(['node-a', 'node-b', 'node-c'].map((name) => [name, open(name)]));
    history.claimed(VIP, 'node-a', { address: VIP, epoch: { generation: 1, counter: 1 }, term: 1 });
  });
  afterEach(() => {
    leading.abort();
    registry.stop();
    expect(time.armed).toBe(0);
  });

  function open(nodeName: string): FakeSession {
    const session = new FakeSession(registry, nodeName);
    const interfaces = [{ name: 'eth0', mac: nodeName === 'node-a' ? OWN : FOREIGN, up: true }];
    registry.opened(session, { kind: 'hello', nodeName, instanceId: 'i', version: '1', interfaces, claims: [] });
    registry.received(session, { kind: 'ack', revision: 1 });
    return session;
  }
  function says(node: string, message: Parameters<SpeakerRegistry['received']>[1]): void {
    const session = sessions.get(node);
    if (session !== undefined) registry.received(session, message);
  }
  const sentTo = (node: string, kind: string) => (sessions.get(node)?.sent ?? []).filter((one) => one.kind === kind);
  const disagree = (node = 'node-b', owner = 'node-a'): void =>
    says(node, { kind: 'verified', address: VIP, owner, agrees: false, answeredBy: [FOREIGN] });
  async function answer(stations: readonly MacAddress[], failure?: string): Promise<void> {
    await time.advance(2_000);
    const [probe] = sentTo('node-b', 'probe');
    if (probe?.kind !== 'probe') throw new Error('nobody was asked again');
    const result: ProbeResult = {
      address: VIP,
      stations: stations.map((mac) => ({ interface: 'eth0', mac })),
      ...(failure === undefined ? {} : { failure }),
    };
    says('node-b', { kind: 'probed', requestId: probe.requestId, results: [result] });
    await time.advance(0);
  }

  it('is remembered when the LAN knows the owner', () => {
    says('node-b', { kind: 'verified', address: VIP, owner: 'node-a', agrees: true, answeredBy: [OWN] });
    expect(history.of(VIP)?.verifiedAt).toEqual(time.wallTime());
    expect(retold).toBe(1);
  });

  it('has the owner claim once more, and is content when the LAN knows it then', async () => {
    disagree();
    disagree();
    expect(sentTo('node-a', 'reclaim')).toEqual([{ kind: 'reclaim', addresses: [VIP] }]);
    await answer([OWN]);
    expect(history.of(VIP)).toMatchObject({ verifiedAt: time.wallTime() });
    expect(history.of(VIP)?.dispute).toBeUndefined();
    expect(log.events('warn')).toEqual([]);
  });

  it('becomes a dispute when another station, or nobody, answers even then', async () => {
    const cases = [
      { stations: [FOREIGN], nodes: ['node-b', 'node-c'] },
      { stations: [OWN, FOREIGN], nodes: ['node-a', 'node-b', 'node-c'] },
      { stations: [], nodes: [] },
    ];
    for (const { stations, nodes } of cases) {
      retold = 0;
      for (const session of sessions.values()) session.queue.length = 0;
      disagree();
      await answer(stations);
      const answeredBy = stations.filter((mac) => mac !== OWN);
      expect(history.of(VIP)?.dispute).toEqual({ by: 'node-b', answeredBy, nodes });
      expect(retold).toBe(1);
    }
    says('node-b', { kind: 'verified', address: VIP, owner: 'node-a', agrees: true, answeredBy: [OWN] });
    expect(history.of(VIP)?.dispute).toBeUndefined();
    expect(metrics.value('heraldlb_verifications_total', { result: 'nobody' })).toBe(1);
  });

  it('becomes an address conflict when a station answers that is no node', async () => {
    disagree();
    await answer([OWN, STRANGER, FOREIGN]);
    expect(conflicts).toEqual([`node-b ${formatMac(STRANGER)}`]);
  });

  it('counts for nothing from who is no candidate, from the owner itself, and about an owner of before', async () => {
    disagree('node-c');
    disagree('node-a');
    disagree('node-b', 'node-c');
    says('node-c', { kind: 'verified', address: VIP, owner: 'node-a', agrees: true, answeredBy: [OWN] });
    await time.advance(5_000);
    expect(history.of(VIP)).not.toHaveProperty('verifiedAt');
    expect([sentTo('node-a', 'reclaim'), sentTo('node-b', 'probe'), retold]).toEqual([[], [], 0]);
  });

  it('stays open when nobody could be asked again, or nobody answers the question', async () => {
    disagree();
    await answer([], 'no interface is up');
    expect(history.of(VIP)).not.toHaveProperty('dispute');
    for (const session of sessions.values()) session.queue.length = 0;
    disagree();
    await time.advance(10_000);
    expect(history.of(VIP)).not.toHaveProperty('dispute');
  });
});
