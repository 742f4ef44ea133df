import { Command } from 'commander';
import { expect, it } from 'vitest';
import { optionsFor, type RehearsalFlags, rehearsing } from '../../../src/cli/inspect/plan-commands.ts';
import { rehearseAllocation } from '../../../src/inspect/rehearsal/allocation.ts';
import type { ClusterReader, ClusterSnapshot } from '../../../src/ports/cluster-snapshot.ts';
import { snapshot } from '../../support/cluster-snapshot.ts';
import { pool } from '../../support/config-objects.ts';
import { service } from '../../support/kube/fake-cluster.ts';

const OF_CLASS = { loadBalancerClass: 'example.com/lb' };
const UNUSED = () => Promise.reject(new Error('nothing else is to be read'));
const CLUSTER: ClusterReader = { snapshot: UNUSED, configMap: UNUSED, objects: UNUSED, fromPod: UNUSED };

/** One pool, in a namespace that only counts when a flag says so, and a Service with a class beside one without. */
function cluster(...args: readonly string[]): ClusterSnapshot {
  const { meta } = service('controller', { meta: { labels: { 'app.kubernetes.io/component': 'controller' } } });
  return snapshot({
    pods: [{ meta, nodeName: 'a', ready: true, restarts: 0, invocation: { args, environment: {} } }],
    objects: [pool('first', ['192.0.2.0/28'], { namespace: 'elsewhere' })],
    services: [service('web', {}), service('classy', { spec: OF_CLASS })],
  });
}

async function optionsOf(seen: ClusterSnapshot, ...written: readonly string[]) {
  const command = rehearsing('any', '').argument('[node...]');
  new Command('heraldlb').addCommand(command.action(() => {})).parse(['any', ...written], { from: 'user' });
  return optionsFor(CLUSTER, seen, command.opts<RehearsalFlags>());
}

async function served(seen: ClusterSnapshot, ...written: readonly string[]): Promise<readonly string[]> {
  const { allocations } = await rehearseAllocation(seen, await optionsOf(seen, ...written));
  return allocations.filter(({ after }) => after.length > 0).map(({ service: { meta } }) => meta.name);
}

const TOLD = ['controller', '--config-namespace=elsewhere', '--load-balancer-class', 'example.com/lb'];

it('a rehearsal serves the class, and reads the namespaces, that the controller is told', async () => {
  expect(await served(cluster(...TOLD))).toEqual(['classy']);
  expect(await served(cluster('controller', '--config-namespace=*'))).toEqual(['web']);
  expect(await served(cluster('controller'))).toEqual([]);
});

it('flags of a rehearsal stand in the place of those of the controller', async () => {
  expect(await served(cluster('controller'), '--config-namespace', 'elsewhere')).toEqual(['web']);
  expect(await served(cluster(...TOLD), '--load-balancer-class=')).toEqual(['web']);
  expect(await served(cluster(...TOLD), '--config-namespace=heraldlb-system')).toEqual([]);
});

it('nodes with the exclude label announce in a rehearsal where they do in the cluster', async () => {
  const told = cluster('controller', '--ignore-exclude-lb');
  expect(await optionsOf(told)).toMatchObject({ ignoreExcludeLabel: true });
  expect(await optionsOf(told, '--no-ignore-exclude-lb', 'node-a')).toMatchObject({ ignoreExcludeLabel: false });
  expect(await optionsOf(cluster('controller'))).toMatchObject({ ignoreExcludeLabel: false });
  expect(await optionsOf(cluster('controller'), '--ignore-exclude-lb', 'node-a')).toMatchObject({
    ignoreExcludeLabel: true,
  });
});
