import * as prom from 'prom-client';
import type { Counter, Gauge, Histogram, MetricDefinition, Metrics } from '../../ports/metrics.ts';

/** Metrics in Prometheus text format. BOUNDED: one entry for each metric that the program defines. */
export class PromMetrics implements Metrics {
  readonly #registry = new prom.Registry();

  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label> {
    const counter = this.#once(definition.name, () => new prom.Counter<string>(this.#configuration(definition)));
    return { add: (labels, value = 1) => counter.inc(labels, value) };
  }

  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label> {
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
