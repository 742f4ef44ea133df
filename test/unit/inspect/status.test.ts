import { expect, it } from 'vitest';
import { statusView } from '../../../src/inspect/status.ts';
import type { Namespace } from '../../../src/ports/kubernetes.ts';
import { snapshot } from '../../support/cluster-snapshot.ts';
import { configObject } from '../../support/config-objects.ts';
import { service } from '../../support/kube/fake-cluster.ts';

function namespace(name: string, labels: Readonly<Record<string, string>>): Namespace {
  const { meta } = service(name, { meta: { labels } });
  return { meta };
}

const messages = (parts: Parameters<typeof snapshot>[0]): readonly string[] =>
  statusView(snapshot(parts)).problems.map(({ object, message }) => `${object}: ${message}`);

it.each(['baseline', 'restricted'])('a namespace that enforces Pod Security %s is told, with the command', (level) => {
  const namespaces = [namespace('heraldlb-system', { 'pod-security.kubernetes.io/enforce': level })];
  expect(messages({ namespaces })).toContain(
    `Namespace heraldlb-system: enforces the Pod Security level "${level}", which refuses the speakers (host network): kubectl label namespace heraldlb-system --overwrite pod-security.kubernetes.io/enforce=privileged`,
  );
});

it('the level of another namespace, or privileged, is no problem', () => {
  const namespaces = [
    namespace('heraldlb-system', { 'pod-security.kubernetes.io/enforce': 'privileged' }),
    namespace('apps', { 'pod-security.kubernetes.io/enforce': 'restricted' }),
  ];
  expect(messages({ namespaces }).join()).not.toContain('Pod Security');
});

it('where no controller is, it is told how to look into another namespace', () => {
  expect(messages({ pods: [] })).toContain(
    'Namespace heraldlb-system: no Pod of the controller: is HeraldLB installed here? If not, give its namespace with --installed-in',
  );
});

it('that there is no pool at all is told, unless addresses come from a flag', () => {
  expect(messages({})).toContainEqual(expect.stringContaining('IPAddressPool: there is none, so no Service gets'));
  const served = service('web', {
    meta: { annotations: { 'heraldlb.io/ip-allocated-from-pool': 'flag' } },
    status: { ingress: [{ ip: '192.0.2.1' }] },
  });
  expect(messages({ services: [served] }).join()).not.toContain('there is none');
});

it('sessions with routers are counted over all peers, and what is wrong is told in the words of the condition', () => {
  const message = 'The sessions of 1 of 3 nodes are not established (b: nobody answers).';
  const status = {
    sessions: { wanted: 3, established: 2 },
    nodes: [{ node: 'b', state: 'active', lastError: 'nobody answers' }],
    conditions: [{ type: 'Established', status: 'False', reason: 'SomeDown', message }],
  };
  const objects = [configObject('BGPPeer', 'tor', {}, { status }), configObject('BGPPeer', 'new', {})];
  expect(statusView(snapshot({ objects })).sessions).toEqual({ established: 2, total: 3 });
  expect(messages({ objects })).toContain(`BGPPeer metallb-system/tor: ${message}`);
});
