/** What a metric is: declared once, in one table for each room, from which the reference page is made. */
export interface MetricDefinition<Label extends string = string> {
  /** Prometheus name, with its unit (`_seconds`, `_bytes`) and `_total` for counters. */
  readonly name: string;
  readonly help: string;
  /** Label names. BOUNDED: only where its definition says by what may a label hold an address, a MAC or a Service's name. */
  readonly labels: readonly Label[];
  /** Where the name does not tell it, by `_total`: MetalLB's do not. */
  readonly type?: 'counter' | 'gauge';
}

export interface Counter<Label extends string = string> {
  add(labels: Readonly<Record<Label, string>>, value?: number): void;
  /** The series is not told any more. */
  remove(labels: Readonly<Record<Label, string>>): void;
}

export interface Gauge<Label extends string = string> {
  set(labels: Readonly<Record<Label, string>>, value: number): void;
  /** The series is not told any more. */
  remove(labels: Readonly<Record<Label, string>>): void;
}

export interface Histogram<Label extends string = string> {
  observe(labels: Readonly<Record<Label, string>>, value: number): void;
}

/** Makes metrics. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label>;
  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label>;
  histogram<Label extends string>(
    definition: MetricDefinition<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label>;
}
