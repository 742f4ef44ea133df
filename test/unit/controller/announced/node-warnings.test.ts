import { beforeEach, describe, expect, it } from 'vitest';
import { NodeWarnings } from '../../../../src/controller/announced/node-warnings.ts';
import type { ObservationListener } from '../../../../src/controller/speakers/speaker-listener.ts';
import { ip, nodeOf } from '../../../support/channel/announcer-bed.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime } from '../../../support/manual-time.ts';

describe('what is in the way of announcing on a node', () => {
  let time: ManualTime;
  let leading: AbortController;
  let says: ObservationListener;
  let told: string[];

  beforeEach(() => {
    time = new ManualTime();
    leading = new AbortController();
    told = [];
    new NodeWarnings({
      speakers: {
        observe: (listener) => {
          says = listener;
        },
      },
      nodes: new FakeInformer([['node-a', nodeOf('node-a')] as const]),
      events: {
        record: ({ kind, name }, { type, reason, message }) =>
          void told.push(`${kind} ${name}: ${type} ${reason} ${message}`),
      },
      clock: time,
    }).start(leading.signal);
  });

  it('is told on the Node with the remedy', () => {
    says('node-a', { kind: 'kernel-answers', address: ip('10.0.0.1'), interface: 'eth0' });
    says('node-a', { kind: 'groups-refused', interface: 'eth1' });
    expect(told).toEqual([
      'Node node-a: Warning KernelAnswers the kernel of node-a has 10.0.0.1 as well and answers ARP for it on eth0, as those of other nodes will: with kube-proxy in IPVS mode set strictARP: true, else the sysctls arp_ignore=1 and arp_announce=2',
      'Node node-a: Warning GroupsRefused the kernel of node-a joins no multicast group on eth1, so that switches may keep away who asks for IPv6 addresses: switch IPv6 on for the interface, or MLD snooping off on its switches',
    ]);
  });

  it('is told once an hour for each interface, however many addresses it concerns', async () => {
    const say = (): void => {
      for (const address of ['10.0.0.1', '10.0.0.2'])
        for (const name of ['eth0', 'eth1'])
          says('node-a', { kind: 'kernel-answers', address: ip(address), interface: name });
    };
    say();
    await time.advance(3_599_999);
    say();
    expect(told).toHaveLength(2);
    await time.advance(1);
    say();
    expect(told).toHaveLength(4);
  });

  it('is told of no node that Kubernetes does not know, and by nobody who leads no more', () => {
    says('node-b', { kind: 'groups-refused', interface: 'eth0' });
    leading.abort();
    says('node-a', { kind: 'groups-refused', interface: 'eth0' });
    expect(told).toEqual([]);
  });
});
