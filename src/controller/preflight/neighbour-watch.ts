import { isApiError } from '../../ports/api-error.ts';
import { CONTROLLER_SERVICE_NAME } from '../../ports/defaults.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EndpointSlice, EventSink, Service } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.ts';
import type { Timers } from '../../ports/time.ts';
import type { Workload, WorkloadReader } from '../../ports/workloads.ts';
import {
  LOAD_BALANCER_NAMES,
  type OtherLoadBalancer,
  type OurPlace,
  otherLoadBalancers,
} from './other-load-balancers.ts';

const EVERY_MS = 5 * 60_000;

export interface NeighbourWatchDependencies {
  readonly workloads: WorkloadReader;
  readonly services: Pick<Informer<Service>, 'get' | 'list'>;
  readonly endpointSlices: Pick<Informer<EndpointSlice>, 'list'>;
  readonly events: EventSink;
  readonly timers: Timers;
  readonly log: Log;
}

/**
 * Tells the log, and an event on the Service that our speakers dial, of another load balancer beside us: when leading starts,
 * and when one comes or goes later. Never rejects.
 */
export async function watchOtherLoadBalancers(
  ours: OurPlace,
  dependencies: NeighbourWatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { services, endpointSlices, log } = dependencies;
  let told = '';
  while (!signal.aborted) {
    const workloads = await workloadsNow(dependencies.workloads, signal);
    if (workloads !== undefined) {
      const surroundings = { workloads, services: services.list(), endpointSlices: endpointSlices.list() };
      const others = otherLoadBalancers(surroundings, ours);
      const words = others.map(({ message }) => message).join('. ');
      if (words !== told) for (const other of others) tell(other, ours, dependencies);
      if (words === '' && told !== '') log.info('other-load-balancer-gone', {});
      told = words;
    }
    await pause(EVERY_MS, dependencies.timers, signal);
  }
}

function tell(
  { product, namespace, message }: OtherLoadBalancer,
  ours: OurPlace,
  { services, events, log }: NeighbourWatchDependencies,
): void {
  log.warn('other-load-balancer', { product, namespace, message });
  const name = CONTROLLER_SERVICE_NAME;
  const service = services.get(`${ours.namespace}/${name}`);
  if (service === undefined) return;
  events.record(
    { kind: 'Service', apiVersion: 'v1', namespace: ours.namespace, name, uid: service.meta.uid },
    { type: 'Warning', reason: 'OtherLoadBalancer', message },
  );
}

/** None where a role of an older version does not let us look: Services tell too. Undefined: the API does not answer now. */
async function workloadsNow(reader: WorkloadReader, signal: AbortSignal): Promise<readonly Workload[] | undefined> {
  try {
    return await reader.named(LOAD_BALANCER_NAMES, signal);
  } catch (error) {
    return isApiError(error, 'forbidden') ? [] : undefined;
  }
}
