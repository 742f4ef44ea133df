import * as prom from 'prom-client';
import type { Counter, Gauge, Histogram, MetricDefinition, Metrics } from '../../ports/metrics.ts';

/** What metrics with MetalLB's names begin with. */
const METALLB_PREFIX = 'metallb_';

const UNTOLD = { add: () => {}, set: () => {}, remove: () => {} };

export interface PromMetricsOptions {
  /** Tell also what has MetalLB's names; true by default. */
  readonly metallbNames?: boolean;
}

/** Metrics in Prometheus text format. BOUNDED: one entry for each metric that the program defines. */
export class PromMetrics implements Metrics {
  readonly #registry = new prom.Registry();
  readonly #metallbNames: boolean;

  constructor({ metallbNames = true }: PromMetricsOptions = {}) {
    this.#metallbNames = metallbNames;
  }

  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label> {
    if (this.#untold(definition)) return UNTOLD;
    const counter = this.#once(definition.name, () => new prom.Counter<string>(this.#configuration(definition)));
    return {
      add: (labels, value = 1) => counter.inc(labels, value),
      remove: (labels) => counter.remove(labels),
    };
  }

  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label> {
    if (this.#untold(definition)) return UNTOLD;
    const gauge = this.#once(definition.name, () => new prom.Gauge<string>(this.#configuration(definition)));
    return { set: (labels, value) => gauge.set(labels, value), remove: (labels) => gauge.remove(labels) };
  }

  histogram<Label extends string>(
    definition: MetricDefinition<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label> {
    const histogram = this.#once(
      definition.name,
      () => new prom.Histogram<string>({ ...this.#configuration(definition), buckets: [...definition.buckets] }),
    );
    return { observe: (labels, value) => histogram.observe(labels, value) };
  }

  /** Everything in the text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  async exposition(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #untold({ name }: MetricDefinition): boolean {
    return !this.#metallbNames && name.startsWith(METALLB_PREFIX);
  }

  #configuration(definition: MetricDefinition) {
    return {
      name: definition.name,
      help: definition.help,
      labelNames: [...definition.labels],
      registers: [this.#registry],
    };
  }

  #once<T extends prom.Metric>(name: string, make: () => T): T {
    return (this.#registry.getSingleMetric(name) as T | undefined) ?? make();
  }
}
