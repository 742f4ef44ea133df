import { formatIp } from '../../core/net/index.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import type { AnnouncementState } from '../announcer/service-announcement.ts';
import { METALLB_SPEAKER_ANNOUNCED } from './metrics.ts';

export interface AnnouncedMetricsDependencies {
  readonly announcer: {
    statesOf(serviceKey: string): readonly AnnouncementState[];
    onChange(listener: (serviceKey: string) => void): void;
  };
  readonly metrics: Metrics;
}

type Series = Readonly<Record<'service' | 'protocol' | 'node' | 'ip', string>>;

/** Tells which node announces each address, under MetalLB's name and labels. Its series end with the leadership. */
export class AnnouncedMetrics {
  readonly #announcer: AnnouncedMetricsDependencies['announcer'];
  readonly #gauge: Gauge<keyof Series>;
  /** By `namespace/name`. BOUNDED: by the addresses of the Services. */
  readonly #shown = new Map<string, readonly Series[]>();

  constructor({ announcer, metrics }: AnnouncedMetricsDependencies) {
    this.#announcer = announcer;
    this.#gauge = metrics.gauge(METALLB_SPEAKER_ANNOUNCED);
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#announcer.onChange((serviceKey) => {
      if (!signal.aborted) this.#show(serviceKey);
    });
    signal.addEventListener('abort', () => {
      for (const series of [...this.#shown.values()].flat()) this.#gauge.remove(series);
      this.#shown.clear();
    });
  }

  #show(service: string): void {
    const after = this.#announcer.statesOf(service).flatMap(({ address, ownership }) => {
      if (ownership === undefined) return [];
      return [{ service, protocol: 'layer2', node: ownership.node, ip: formatIp(address) }];
    });
    const kept = new Set(after.map(keyOf));
    for (const before of this.#shown.get(service) ?? []) if (!kept.has(keyOf(before))) this.#gauge.remove(before);
    for (const series of after) this.#gauge.set(series, 1);
    if (after.length === 0) this.#shown.delete(service);
    else this.#shown.set(service, after);
  }
}

function keyOf({ node, ip }: Series): string {
  return `${node} ${ip}`;
}
