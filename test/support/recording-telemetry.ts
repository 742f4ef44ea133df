import type { Log, LogFields } from '../../src/ports/log.ts';
import type { Counter, Gauge, Histogram, MetricDefinition, Metrics } from '../../src/ports/metrics.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines for the test to read. */
export class RecordingLog implements Log {
  readonly lines: LogLine[];
  readonly #fields: LogFields;

  constructor(lines: LogLine[] = [], fields: LogFields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  debug(event: string, fields: LogFields = {}): void {
    this.#line('debug', event, fields);
  }

  info(event: string, fields: LogFields = {}): void {
    this.#line('info', event, fields);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#line('warn', event, fields);
  }

  error(event: string, fields: LogFields = {}): void {
    this.#line('error', event, fields);
  }

  child(fields: LogFields): Log {
    return new RecordingLog(this.lines, { ...this.#fields, ...fields });
  }

  /** The names of the events at a level, in order. */
  events(level?: LogLine['level']): string[] {
    return this.lines.filter((line) => level === undefined || line.level === level).map((line) => line.event);
  }

  #line(level: LogLine['level'], event: string, fields: LogFields): void {
    this.lines.push({ level, event, fields: { ...this.#fields, ...fields } });
  }
}

/** Metrics that keep their values for the test to read. */
export class RecordingMetrics implements Metrics {
  readonly #values = new Map<string, number>();

  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label> {
    return {
      add: (labels, value = 1) => this.#set(definition, labels, this.value(definition.name, labels) + value),
      remove: (labels) => void this.#values.delete(key(definition.name, labels)),
    };
  }

  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label> {
    return {
      set: (labels, value) => this.#set(definition, labels, value),
      remove: (labels) => void this.#values.delete(key(definition.name, labels)),
    };
  }

  /** Keeps how often it was observed. */
  histogram<Label extends string>(definition: MetricDefinition<Label>): Histogram<Label> {
    return { observe: (labels) => this.#set(definition, labels, this.value(definition.name, labels) + 1) };
  }

  /** Every series that there is. */
  series(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** The value of one series; 0 when nothing was ever written to it. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#values.get(key(name, labels)) ?? 0;
  }

  #set(definition: MetricDefinition, labels: Readonly<Record<string, string>>, value: number): void {
    for (const label of Object.keys(labels)) {
      if (!definition.labels.includes(label)) throw new Error(`${definition.name} has no label ${label}`);
    }
    this.#values.set(key(definition.name, labels), value);
  }
}

function key(name: string, labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${parts.map(([label, value]) => `${label}=${value}`).join(',')}}`;
}
