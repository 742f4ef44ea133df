import { describe, expect, it } from 'vitest';
import { AnnouncementEvents } from '../../../../src/controller/announced/announcement-events.ts';
import { Layer2Source } from '../../../../src/controller/announced/layer2-source.ts';
import type { AnnouncementState } from '../../../../src/controller/announcer/service-announcement.ts';
import { type IpAddress, parseIp } from '../../../../src/core/net/index.ts';
import type { Condition, KubernetesEvent, Service } from '../../../../src/ports/kubernetes.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const ADDRESS = parseIp('192.168.1.240') as IpAddress;
const owned = (node: string): AnnouncementState => ({
  address: ADDRESS,
  candidates: [node],
  claimed: true,
  ownership: { node, since: new Date('2026-01-01T00:00:01Z'), reason: 'neighbour-down', gapMs: 412 },
});
const blocked = (message: string): AnnouncementState => ({
  address: ADDRESS,
  candidates: [],
  claimed: false,
  obstacle: { reason: 'NoEndpoint', message },
});

const assigned = (node: string) =>
  `announcing from node "${node}" with protocol "layer2": 192.168.1.240 (neighbour-down, gap 412 ms)`;

const serviceOf = (uid: string, ...conditions: Condition[]): Service =>
  ({ meta: { namespace: 'default', name: 'web', uid }, status: { conditions } }) as unknown as Service;

function bed() {
  const time = new ManualTime();
  const told: KubernetesEvent[] = [];
  let states: readonly AnnouncementState[] = [];
  let changed: (key: string) => void = () => {};
  let service = serviceOf('u1');
  const stop = new AbortController();
  new AnnouncementEvents({
    services: { get: () => service },
    sources: [
      new Layer2Source({
        announcer: {
          statesOf: () => states,
          onChange: (listener) => {
            changed = listener;
          },
        },
        timers: time,
      }),
    ],
    clock: time,
    events: { record: (_object, event) => void told.push(event) },
    timers: time,
  }).start(stop.signal);
  const set = (...next: AnnouncementState[]): void => {
    states = next;
    changed('default/web');
  };
  const become = async (...next: AnnouncementState[]): Promise<void> => {
    set(...next);
    await time.advance(2_000);
  };
  const recreate = (uid: string): void => {
    service = serviceOf(uid);
  };
  return { set, become, recreate, told, stop, time };
}

describe('announcement events', () => {
  it('name the node that announces, once for as long as it stays the same', async () => {
    const { become, told } = bed();
    await become(owned('node-a'));
    await become(owned('node-a'));
    await become(owned('node-b'));
    expect(told).toMatchObject([
      { type: 'Normal', reason: 'nodeAssigned', message: assigned('node-a') },
      { type: 'Normal', reason: 'nodeAssigned', message: assigned('node-b') },
    ]);
  });

  it('say why nobody announces, and again when it comes back after a recovery', async () => {
    const { become, told } = bed();
    await become(blocked('default/web has no ready endpoint'));
    await become(owned('node-a'));
    await become(blocked('default/web has no ready endpoint'));
    expect(told.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning NotAnnounced',
      'Normal nodeAssigned',
      'Warning NotAnnounced',
    ]);
    expect(told[0]?.message).toBe(
      '192.168.1.240 is not announced: default/web has no ready endpoint; it is announced as soon as there is one',
    );
  });

  it('keep silent about what passes within two seconds', async () => {
    const { set, become, told, time } = bed();
    await become(owned('node-a'));
    set(blocked('default/web has no ready endpoint'));
    await time.advance(1_000);
    set(owned('node-a'));
    await time.advance(60_000);
    expect(told).toHaveLength(1);
  });

  it('are told to a new Service of the same name too, however soon it follows the old one', async () => {
    const { become, recreate, told } = bed();
    await become(owned('node-a'));
    recreate('u2');
    await become(owned('node-a'));
    expect(told).toHaveLength(2);
  });

  it('keep silent while a new owner has not claimed, and while the controller starts', async () => {
    const { become, told } = bed();
    const { ownership: _, ...unclaimed } = owned('node-a');
    await become({ ...unclaimed, claimed: false });
    await become({ ...blocked('wait'), obstacle: { reason: 'Starting', message: 'wait' } });
    expect(told).toEqual([]);
  });

  it('end with the leadership', async () => {
    const { set, told, stop, time } = bed();
    set(owned('node-a'));
    stop.abort();
    await time.advance(60_000);
    expect(told).toEqual([]);
    expect(time.armed).toBe(0);
  });
});
