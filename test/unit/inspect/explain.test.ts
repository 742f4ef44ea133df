import { describe, expect, it } from 'vitest';
import { type ExplainInput, explain, formatExplain } from '../../../src/inspect/explain.ts';
import type { ClusterSnapshot } from '../../../src/ports/cluster-snapshot.ts';
import type { ConfigObject } from '../../../src/ports/informer.ts';
import { nodeOf, sliceOf } from '../../support/channel/announcer-bed.ts';
import { snapshot } from '../../support/cluster-snapshot.ts';
import { configObject, pool } from '../../support/config-objects.ts';
import { service } from '../../support/kube/fake-cluster.ts';

const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };

const NONE_ALIVE = new Map([
  ['node-a', 'gone'],
  ['node-b', 'gone'],
]);

const web = service('web', {
  meta: { annotations: { 'heraldlb.io/ip-allocated-from-pool': 'first' } },
  status: { ingress: [{ ip: '198.51.100.1' }] },
});

function peer(name: string, nodes: readonly object[] = [], spec: object = {}): ConfigObject {
  return configObject(
    'BGPPeer',
    name,
    { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.1', ...spec },
    { apiVersion: 'metallb.io/v1beta2', status: { sessions: { wanted: 2, established: 1 }, nodes } },
  );
}

async function told(
  parts: Partial<ClusterSnapshot>,
  known: Partial<Pick<ExplainInput, 'owners' | 'speakers' | 'options' | 'service'>> = {},
): Promise<string> {
  const seen = snapshot({
    services: [known.service ?? web],
    nodes: [nodeOf('node-a'), nodeOf('node-b')],
    endpointSlices: [sliceOf('web', [{ nodeName: 'node-a', ready: true }])],
    ...parts,
  });
  const options = { configNamespaces: ['*'] };
  const input = { snapshot: seen, service: web, options, owners: [], speakers: new Map(), ...known };
  return formatExplain(await explain(input));
}

describe('what is explained of layer 2', () => {
  const objects = [pool('first', ['198.51.100.0/24']), configObject('L2Advertisement', 'all', {})];

  it('is who announces it, since when, why, and whether the LAN agreed', async () => {
    const owner = {
      address: '198.51.100.1',
      node: 'node-b',
      since: '2026-01-02T03:04:05Z',
      reason: 'neighbour-down',
      gapMs: 230,
      verifiedAt: '2026-01-02T03:04:06Z',
      standbys: ['node-a'],
    };
    const text = await told({ objects }, { owners: [owner] });
    expect(text).toContain(
      'announced by node-b since 2026-01-02T03:04:05Z; because: neighbour-down; nobody answered for 230 ms before; verified on the LAN at 2026-01-02T03:04:06Z\n',
    );
    expect(text).toContain('  node-b: first: it is to announce it\n');
  });

  it('is why a node is no candidate, in the words of the condition', async () => {
    const nodes = [nodeOf('node-a'), nodeOf('node-b', { labels: EXCLUDED }), nodeOf('node-c')];
    const text = await told({ objects, nodes }, { speakers: new Map([['node-c', 'gone']]) });
    expect(text).toContain(
      '  node-b: has the label node.kubernetes.io/exclude-from-external-load-balancers\n  node-c: has no speaker that is connected\n',
    );
  });

  it('is that nothing is announced for a Service without endpoints, though another keeps their address announced', async () => {
    const sharing = (name: string, port: number) =>
      service(name, {
        meta: { annotations: { ...web.meta.annotations, 'metallb.io/allow-shared-ip': 'one' } },
        spec: { ports: [{ protocol: 'TCP', port }] },
        status: web.status,
      });
    const mail = sharing('mail', 25);
    const services = [sharing('web', 80), mail];
    expect(await told({ objects, services })).toContain('first: it is to announce it\n');
    expect(await told({ objects, services }, { service: mail })).toContain(
      '  node-a: default/mail has no ready endpoint\n  node-b: default/mail has no ready endpoint\n',
    );
  });

  it('is with externalTrafficPolicy Local which nodes have no endpoint; one that terminates counts while it serves', async () => {
    const endpointSlices = [sliceOf('web', [{ nodeName: 'node-b', ready: false, serving: true }])];
    const text = await told(
      { objects, endpointSlices },
      { service: service('web', { ...web, spec: { externalTrafficPolicy: 'Local' } }), speakers: NONE_ALIVE },
    );
    expect(text).toContain(
      '  node-a: externalTrafficPolicy is Local, and no ready endpoint is on it\n  node-b: has no speaker that is connected\n',
    );
  });
});

describe('what is explained of BGP', () => {
  const basis = [pool('first', ['198.51.100.0/24']), configObject('BGPAdvertisement', 'all', {})];
  const aggregates = configObject('BGPAdvertisement', 'blocks', { aggregationLength: 24 });

  it('is the route from each node to each peer, and how the session is', async () => {
    const up = { node: 'node-a', state: 'established', since: '2026-01-02T03:04:05Z', bfd: 'up' };
    const down = { node: 'node-b', state: 'active', lastError: 'nobody answers at 192.0.2.1 port 179' };
    const text = await told({ objects: [...basis, peer('tor', [down, up])] });
    expect(text).toContain(
      '  by BGP 198.51.100.1/32 from node-a to tor: established since 2026-01-02T03:04:05Z; BFD up\n',
    );
    expect(text).toContain(
      '  by BGP 198.51.100.1/32 from node-b to tor: active: nobody answers at 192.0.2.1 port 179\n',
    );
  });

  it('is every prefix that advertisements make of the address', async () => {
    const text = await told({ objects: [...basis, aggregates, peer('tor')] });
    expect(text).toMatch(/by BGP 198\.51\.100\.1\/32, 198\.51\.100\.0\/24 from node-a to tor/);
  });

  it('is why nobody is told, in the words of the condition', async () => {
    expect(await told({ objects: basis })).toContain(
      '  by BGP: no BGPPeer is in force for the nodes that may announce it (node-a; node-b)\n',
    );
    const nodes = [nodeOf('node-a', { labels: EXCLUDED })];
    expect(await told({ objects: [...basis, peer('tor')], nodes })).toContain(
      '  by BGP: no node may announce it: node-a',
    );
  });

  it('counts nodes with the exclude label where the controller does', async () => {
    const nodes = [nodeOf('node-a', { labels: EXCLUDED })];
    const objects = [...basis, configObject('L2Advertisement', 'all', {}), peer('tor')];
    const text = await told({ objects, nodes }, { options: { configNamespaces: ['*'], ignoreExcludeLabel: true } });
    expect(text).toContain('  node-a: first: it is to announce it\n');
    expect(text).toContain('  by BGP 198.51.100.1/32 from node-a to tor: ');
  });

  it('is nothing where no BGPAdvertisement is for the pool', async () => {
    const other = configObject('BGPAdvertisement', 'other', { ipAddressPools: ['second'] });
    const pools = [pool('first', ['198.51.100.0/24']), pool('second', ['203.0.113.0/24'])];
    expect(await told({ objects: [...pools, other, peer('tor')] })).not.toContain('BGP');
  });
});
