import { describe, expect, it } from 'vitest';
import { watchOtherLoadBalancers } from '../../../../src/controller/preflight/neighbour-watch.ts';
import {
  classServedBy,
  type OurPlace,
  otherLoadBalancers,
  type Surroundings,
} from '../../../../src/controller/preflight/other-load-balancers.ts';
import { statusView } from '../../../../src/inspect/status.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { KubernetesEvent } from '../../../../src/ports/kubernetes.ts';
import type { Workload } from '../../../../src/ports/workloads.ts';
import { snapshot } from '../../../support/cluster-snapshot.ts';
import { service as serviceOf } from '../../../support/kube/fake-cluster.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog } from '../../../support/recording-telemetry.ts';

const OURS = { namespace: 'heraldlb-system' };
const OF_CLASS = { loadBalancerClass: 'example.com/lb' };
const CLASS = { 'heraldlb.io/load-balancer-class': OF_CLASS.loadBalancerClass };

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

const NOTHING = { workloads: [], services: [], endpointSlices: [] };
const others = (workloads: readonly Workload[], ours: OurPlace = OURS) =>
  otherLoadBalancers({ ...NOTHING, workloads }, ours);

/** The Service of an installation whose workloads have other names, and its EndpointSlice. */
function service(
  path: string,
  { ready = true, annotations = {} as Readonly<Record<string, string>> } = {},
): Surroundings {
  const [namespace = '', name = ''] = path.split('/');
  const { meta } = workload(`Deployment ${namespace}/${name}`);
  return {
    workloads: [],
    services: [{ ...serviceOf(name), meta: { ...meta, annotations } }],
    endpointSlices: [{ meta, serviceName: name, endpoints: [{ ready }] }],
  };
}

describe('otherLoadBalancers', () => {
  it.each([
    ['HeraldLB', 'other/heraldlb-controller'],
    ['MetalLB', 'lb/metallb-webhook-service'],
  ])('%s whose workloads Helm gave other names is told by the Service %s, with how to find them', (product, path) => {
    expect(otherLoadBalancers(service(path), OURS)).toEqual([
      { product, namespace: path.split('/')[0], message: expect.stringMatching(/get deployments,daemonsets -l app/) },
    ]);
  });

  it.each([
    ['ours', service('heraldlb-system/heraldlb-controller'), OURS],
    ['one that nothing is behind', service('other/heraldlb-controller', { ready: false }), OURS],
    ['one of another class', service('other/heraldlb-controller', { annotations: CLASS }), OURS],
    ['that of MetalLB, when we serve a class', service('lb/metallb-webhook-service'), { ...OURS, ...OF_CLASS }],
    [
      'one whose workloads have their usual names',
      {
        ...service('other/heraldlb-controller'),
        workloads: [workload('Deployment other/heraldlb-controller', { product: 'heraldlb', ready: 0 })],
      },
      OURS,
    ],
  ])('a Service is no matter that is %s', (_, surroundings, ours) => {
    expect(otherLoadBalancers(surroundings, ours)).toEqual([]);
  });

  it('our own class is known by that Service too', () => {
    const ours = service('heraldlb-system/heraldlb-controller', { annotations: CLASS });
    expect(classServedBy(ours, OURS.namespace)).toBe(OF_CLASS.loadBalancerClass);
    expect(
      otherLoadBalancers(service('other/heraldlb-controller', { annotations: CLASS }), { ...OURS, ...OF_CLASS }),
    ).toHaveLength(1);
  });

  it('MetalLB beside us is told with what to do', () => {
    const found = others([workload('DaemonSet metallb-system/speaker')]);
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
    const found = others([
      workload('Deployment heraldlb-system/heraldlb-controller', { product: 'heraldlb' }),
      workload('Deployment other/heraldlb-controller', { product: 'heraldlb' }),
    ]);
    expect(found.map(({ namespace, product }) => [product, namespace])).toEqual([['HeraldLB', 'other']]);
  });

  it.each([
    ['one whose Pods are not ready', workload('DaemonSet metallb-system/speaker', { ready: 0 })],
    ['one of another product with that name', workload('DaemonSet audio/speaker', { product: 'sound' })],
    ['one of a class that is not ours', workload('DaemonSet x/speaker', { args: ['--lb-class=example.com/m'] })],
  ])('%s is no matter', (_, other) => {
    expect(others([other])).toEqual([]);
  });

  it('one that serves the class that we serve counts', () => {
    const other = workload('DaemonSet x/metallb-speaker', { args: ['--lb-class=example.com/lb'] });
    expect(others([other], { ...OURS, loadBalancerClass: 'example.com/lb' })).toHaveLength(1);
    expect(others([other])).toEqual([]);
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
    const events: KubernetesEvent[] = [];
    const watching = watchOtherLoadBalancers(
      OURS,
      {
        ...around(service('heraldlb-system/heraldlb-controller')),
        workloads: { named: async () => there },
        events: { record: (_object, event) => void events.push(event) },
        timers: time,
        log,
      },
      stop.signal,
    );
    await time.advance(11 * 60_000);
    expect(log.lines.map(({ event }) => event)).toEqual(['other-load-balancer']);
    expect(events).toMatchObject([{ reason: 'OtherLoadBalancer', message: expect.stringMatching(/MetalLB runs too/) }]);
    there = [];
    await time.advance(5 * 60_000);
    expect(log.lines.map(({ event }) => event)).toEqual(['other-load-balancer', 'other-load-balancer-gone']);
    stop.abort();
    await watching;
  });

  it('a role that does not let us look leaves what Services tell', async () => {
    const time = new ManualTime();
    const log = new RecordingLog();
    const stop = new AbortController();
    const watching = watchOtherLoadBalancers(
      OURS,
      {
        ...around(service('other/heraldlb-controller')),
        workloads: { named: () => Promise.reject(new ApiError('forbidden', 'no')) },
        events: { record: () => {} },
        timers: time,
        log,
      },
      stop.signal,
    );
    await time.advance(1);
    expect(log.lines).toMatchObject([{ event: 'other-load-balancer', fields: { namespace: 'other' } }]);
    stop.abort();
    await watching;
  });
});

function around({ services, endpointSlices }: Surroundings) {
  const byKey = new Map(services.map((each) => [`${each.meta.namespace}/${each.meta.name}`, each]));
  return {
    services: { get: (key: string) => byKey.get(key), list: () => services },
    endpointSlices: { list: () => endpointSlices },
  };
}
