import { describe, expect, it } from 'vitest';
import { watchOtherLoadBalancers } from '../../../../src/controller/preflight/neighbour-watch.ts';
import { otherLoadBalancers } from '../../../../src/controller/preflight/other-load-balancers.ts';
import { statusView } from '../../../../src/inspect/status.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { Workload } from '../../../../src/ports/workloads.ts';
import { snapshot } from '../../../support/cluster-snapshot.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog } from '../../../support/recording-telemetry.ts';

const OURS = { namespace: 'heraldlb-system' };

function workload(
  path: `${'Deployment' | 'DaemonSet'} ${string}/${string}`,
  rest: { readonly product?: string; readonly ready?: number; readonly args?: readonly string[] } = {},
): Workload {
  const [kind, ref = ''] = path.split(' ') as [Workload['kind'], string];
  const [namespace = '', name = ''] = ref.split('/');
  const { product = 'metallb', ready = 1, args = [] } = rest;
  const labels = product === 'metallb' ? { app: 'metallb' } : { 'app.kubernetes.io/name': product };
  return {
    kind,
    meta: {
      namespace,
      name,
      uid: '',
      resourceVersion: '1',
      labels,
      annotations: {},
      finalizers: [],
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    ready,
    args,
  };
}

describe('otherLoadBalancers', () => {
  it('MetalLB beside us is told with what to do', () => {
    const found = otherLoadBalancers([workload('DaemonSet metallb-system/speaker')], OURS);
    expect(found).toEqual([
      {
        product: 'MetalLB',
        namespace: 'metallb-system',
        message:
          'MetalLB runs too (DaemonSet metallb-system/speaker) and serves the same Services: two nodes may answer for one address. Stop it ("kubectl -n metallb-system delete daemonset speaker"), or give one of the two a load balancer class',
      },
    ]);
  });

  it('a second HeraldLB is told, and our own is not', () => {
    const found = otherLoadBalancers(
      [
        workload('Deployment heraldlb-system/heraldlb-controller', { product: 'heraldlb' }),
        workload('Deployment other/heraldlb-controller', { product: 'heraldlb' }),
      ],
      OURS,
    );
    expect(found.map(({ namespace, product }) => [product, namespace])).toEqual([['HeraldLB', 'other']]);
  });

  it.each([
    ['one whose Pods are not ready', workload('DaemonSet metallb-system/speaker', { ready: 0 })],
    ['one of another product with that name', workload('DaemonSet audio/speaker', { product: 'sound' })],
    ['one of a class that is not ours', workload('DaemonSet x/speaker', { args: ['--lb-class=example.com/m'] })],
  ])('%s is no matter', (_, other) => {
    expect(otherLoadBalancers([other], OURS)).toEqual([]);
  });

  it('one that serves the class that we serve counts', () => {
    const other = workload('DaemonSet x/metallb-speaker', { args: ['--lb-class=example.com/lb'] });
    expect(otherLoadBalancers([other], { ...OURS, loadBalancerClass: 'example.com/lb' })).toHaveLength(1);
    expect(otherLoadBalancers([other], OURS)).toEqual([]);
  });
});

it('heraldlb status has it among the problems', () => {
  const { problems } = statusView(snapshot({ workloads: [workload('DaemonSet metallb-system/speaker')] }));
  expect(problems).toContainEqual(expect.objectContaining({ object: 'MetalLB in metallb-system' }));
});

describe('watchOtherLoadBalancers', () => {
  it('the log is told once of what comes, and of its going', async () => {
    const time = new ManualTime();
    const log = new RecordingLog();
    let there = [workload('DaemonSet metallb-system/speaker')];
    const stop = new AbortController();
    const watching = watchOtherLoadBalancers(
      OURS,
      { workloads: { named: async () => there }, timers: time, log },
      stop.signal,
    );
    await time.advance(11 * 60_000);
    expect(log.lines.map(({ event }) => event)).toEqual(['other-load-balancer']);
    there = [];
    await time.advance(5 * 60_000);
    expect(log.lines.map(({ event }) => event)).toEqual(['other-load-balancer', 'other-load-balancer-gone']);
    stop.abort();
    await watching;
  });

  it('a role that does not let us look ends it without a word', async () => {
    const log = new RecordingLog();
    const workloads = { named: () => Promise.reject(new ApiError('forbidden', 'no')) };
    await watchOtherLoadBalancers(OURS, { workloads, timers: new ManualTime(), log }, new AbortController().signal);
    expect(log.lines).toEqual([]);
  });
});
