// Every metric that the program declares, from the tables of its rooms.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricDefinition } from '../src/ports/metrics.ts';

const SOURCES = join(import.meta.dirname, '..', 'src');

export interface DeclaredMetric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly definition: MetricDefinition;
  /** Which process tells it. */
  readonly component: 'controller' | 'speaker' | 'both';
}

/** In the order of their names. */
export async function metricDefinitions(): Promise<readonly DeclaredMetric[]> {
  const found = new Map<string, DeclaredMetric>();
  for (const file of globSync('**/{metrics,metallb-metrics}.ts', { cwd: SOURCES })) {
    if (file.startsWith('ports/')) continue;
    const tables: unknown = await import(join(SOURCES, file));
    for (const definition of definitionsIn(tables))
      found.set(definition.name, { kind: kindOf(definition), definition, component: componentOf(file) });
  }
  return [...found.values()].toSorted((a, b) => a.definition.name.localeCompare(b.definition.name));
}

/** Whatever in a module, at any depth, is a definition. */
function definitionsIn(value: unknown): readonly MetricDefinition[] {
  if (typeof value !== 'object' || value === null) return [];
  return isDefinition(value) ? [value] : Object.values(value).flatMap(definitionsIn);
}

function isDefinition(value: object): value is MetricDefinition {
  return 'help' in value && 'labels' in value && 'name' in value;
}

/** By the rules for names that our metrics keep. @see https://prometheus.io/docs/practices/naming/ */
function kindOf(definition: MetricDefinition): DeclaredMetric['kind'] {
  if ('buckets' in definition) return 'histogram';
  return definition.type ?? (definition.name.endsWith('_total') ? 'counter' : 'gauge');
}

function componentOf(file: string): DeclaredMetric['component'] {
  if (file.startsWith('controller/') || file.startsWith('adapters/kube/')) return 'controller';
  return file.startsWith('speaker/') ? 'speaker' : 'both';
}
