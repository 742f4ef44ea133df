import { expect, test } from 'vitest';
import { EligibleNodes, isEligible, shouldSyncUpdatedNode } from '../../../../src/controller/service/eligible-nodes.ts';
import type { Node } from '../../../../src/ports/kubernetes.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { node } from '../../../support/kube/fake-cluster.ts';

const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';
const excluded = (value: string) => node('a', { meta: { labels: { [EXCLUDE]: value } } });

test.each<[string, Node, boolean]>([
  ['a plain node', node('a'), true],
  ['a node that is not ready', node('a', { conditions: [{ type: 'Ready', status: 'False' }] }), true],
  ['a cordoned node', node('a', { unschedulable: true }), true],
  ['a node with another taint', node('a', { taints: [{ key: 'other', effect: 'NoSchedule' }] }), true],
  [
    'a node the autoscaler removes',
    node('a', { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }),
    false,
  ],
  ['a node that is being deleted', node('a', { meta: { deletionTimestamp: 'x' } }), false],
  ...['false', 'False', 'FALSE', 'f', 'F', '0'].map((value): [string, Node, boolean] => [
    `the exclude label ${value}`,
    excluded(value),
    true,
  ]),
  ...['', 'true', '1', 'no', 'fAlse', 'off'].map((value): [string, Node, boolean] => [
    `the exclude label "${value}"`,
    excluded(value),
    false,
  ]),
])('%s is eligible or not', (_title, candidate, expected) => {
  expect(isEligible(candidate)).toBe(expected);
});

test.each<[string, Node, Node, boolean]>([
  ['the exclude label', node('a'), excluded('true'), true],
  ['an exclude label that says false', node('a'), excluded('false'), false],
  ['the provider id', node('a'), node('a', { providerID: 'k3s://a' }), true],
  [
    'a taint',
    node('a'),
    node('a', { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }),
    false,
  ],
  ['the deletion timestamp', node('a'), node('a', { meta: { deletionTimestamp: 'x' } }), false],
  ['readiness', node('a'), node('a', { conditions: [{ type: 'Ready', status: 'False' }] }), false],
])('a change of %s is synced or not', (_title, before, after, expected) => {
  expect(shouldSyncUpdatedNode(before, after)).toBe(expected);
  expect(shouldSyncUpdatedNode(after, before)).toBe(expected);
});

test('the set is worked out once until a node changes', () => {
  const informer = new FakeInformer<Node>([
    ['b', node('b')],
    ['a', node('a')],
  ]);
  const eligible = new EligibleNodes({ ignoreExcludeLabel: false }, { nodes: informer });
  const first = eligible.current();
  expect(eligible.current()).toBe(first);
  informer.set('c', node('c'));
  eligible.invalidate();
  expect(eligible.current().nodes.map((each) => each.meta.name)).toEqual(['b', 'a', 'c']);
  expect(eligible.current().signature).not.toBe(first.signature);
});

test('the exclude label can be ignored, for clusters whose every node carries it', () => {
  const nodes = new FakeInformer<Node>([['a', excluded('')]]);
  expect(new EligibleNodes({ ignoreExcludeLabel: false }, { nodes }).current().nodes).toEqual([]);
  expect(new EligibleNodes({ ignoreExcludeLabel: true }, { nodes }).current().nodes).toHaveLength(1);
});
