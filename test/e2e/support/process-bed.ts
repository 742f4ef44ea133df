import { ProcessCluster, type ProcessClusterOptions } from '../../kubernetes/process-cluster.ts';
import { HeraldLbProcesses } from './heraldlb-processes.ts';
import { LanView } from './lan-view.ts';
import { POOL_OBJECTS, Services } from './services.ts';

/** A cluster of processes with HeraldLB installed and a pool to give from. */
export interface ProcessBed extends AsyncDisposable {
  readonly cluster: ProcessCluster;
  readonly heraldlb: HeraldLbProcesses;
  readonly services: Services;
  readonly lan: LanView;
}

export interface ProcessBedOptions extends Omit<ProcessClusterOptions, 'kubeProxyMode'> {
  readonly kubeProxyMode?: ProcessClusterOptions['kubeProxyMode'];
  /** Further arguments of HeraldLB's controller. */
  readonly flags?: readonly string[];
  /** What is in the cluster already when HeraldLB comes. */
  readonly before?: (services: Services, cluster: ProcessCluster) => Promise<void>;
}

export async function startProcessBed({ flags = [], before, ...options }: ProcessBedOptions): Promise<ProcessBed> {
  const cluster = await ProcessCluster.start({ kubeProxyMode: 'nftables', ...options });
  try {
    const services = new Services(cluster.controlPlane.api);
    await before?.(services, cluster);
    const heraldlb = await HeraldLbProcesses.install(cluster, '.', flags);
    await cluster.controlPlane.apply(POOL_OBJECTS);
    return {
      cluster,
      heraldlb,
      services,
      lan: new LanView(cluster.lan, cluster.client),
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}
