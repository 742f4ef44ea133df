import { formatIp, type IpAddress } from '../../core/net/index.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import type { AnnouncementState } from '../announcer/service-announcement.ts';
import type { BgpAnnouncementState } from '../bgp/bgp-state.ts';
import { nodesPerService } from './bgp-statuses.ts';
import { METALLB_SPEAKER_ANNOUNCED } from './metrics.ts';

export interface AnnouncedMetricsDependencies {
  readonly announcer: {
    statesOf(serviceKey: string): readonly AnnouncementState[];
    onChange(listener: (serviceKey: string) => void): void;
  };
  readonly bgp: {
    statesOf(serviceKey: string): readonly BgpAnnouncementState[];
    tellingNodesOf(serviceKey: string, only: IpAddress): ReadonlyMap<string, unknown> | undefined;
    readonly serviceCount: number;
    onChange(listener: (serviceKey: string) => void): void;
  };
  readonly metrics: Metrics;
}

type Series = Readonly<Record<'service' | 'protocol' | 'node' | 'ip', string>>;

/** Tells which nodes announce each address, under MetalLB's name and labels. Its series end with the leadership. */
export class AnnouncedMetrics {
  readonly #dependencies: AnnouncedMetricsDependencies;
  readonly #gauge: Gauge<keyof Series>;
  /** By `namespace/name`. BOUNDED: by the addresses of the Services; for BGP as the status objects are. */
  readonly #shown = new Map<string, readonly Series[]>();

  constructor(dependencies: AnnouncedMetricsDependencies) {
    this.#dependencies = dependencies;
    this.#gauge = dependencies.metrics.gauge(METALLB_SPEAKER_ANNOUNCED);
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    for (const announcer of [this.#dependencies.announcer, this.#dependencies.bgp]) {
      announcer.onChange((serviceKey) => {
        if (!signal.aborted) this.#show(serviceKey);
      });
    }
    signal.addEventListener('abort', () => {
      for (const series of [...this.#shown.values()].flat()) this.#gauge.remove(series);
      this.#shown.clear();
    });
  }

  #show(service: string): void {
    const after = [...this.#ownersOf(service), ...this.#routedBy(service)];
    const kept = new Set(after.map(keyOf));
    for (const before of this.#shown.get(service) ?? []) if (!kept.has(keyOf(before))) this.#gauge.remove(before);
    for (const series of after) this.#gauge.set(series, 1);
    if (after.length === 0) this.#shown.delete(service);
    else this.#shown.set(service, after);
  }

  #ownersOf(service: string): readonly Series[] {
    return this.#dependencies.announcer.statesOf(service).flatMap(({ address, ownership }) => {
      if (ownership === undefined) return [];
      return [{ service, protocol: 'layer2', node: ownership.node, ip: formatIp(address) }];
    });
  }

  #routedBy(service: string): readonly Series[] {
    const { bgp } = this.#dependencies;
    return bgp.statesOf(service).flatMap(({ address, obstacle }) => {
      if (obstacle !== undefined) return [];
      const nodes = [...(bgp.tellingNodesOf(service, address)?.keys() ?? [])].sort();
      const shown = nodes.slice(0, nodesPerService(bgp.serviceCount));
      return shown.map((node) => ({ service, protocol: 'bgp', node, ip: formatIp(address) }));
    });
  }
}

function keyOf({ protocol, node, ip }: Series): string {
  return `${protocol} ${node} ${ip}`;
}
