import { structuralSchema } from '../src/core/config/crd.ts';
import type { KindDefinition, KindVersion } from '../src/core/config/schema/kind.ts';
import { resourceNames } from '../src/core/config/schema/resource-names.ts';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema;
  readonly required?: readonly string[];
}

/** A page for people with every field of every kind. */
export function configurationReference(kinds: readonly KindDefinition[]): string {
  return [
    '<!-- Made by `npm run generate` from src/core/config/schema. Change it there. -->',
    '# Configuration objects',
    '',
    'Each kind exists in two API groups, and both are read: `heraldlb.io`, which is ours, and `metallb.io`, with the fields of MetalLB, so that what was written for MetalLB works as it is.',
    'Objects count in the namespace of the controller, in `metallb-system` and in `metallb`; `--config-namespace` changes that. Names of pools count across namespaces and groups.',
    '',
    '`kubectl get heraldlb -A` lists all of them; the resources of `heraldlb.io` have names that begin with `lb`, so that `kubectl get ipaddresspools` shows those of `metallb.io`, as it does with MetalLB.',
    '',
    'The condition `Valid` in the status of each object says whether it is in force; when it is not, which field is wrong and what to do. A wrong object is out alone. Where an earlier version of it was in force, that one stays until the object is put right or the controller restarts.',
    '',
    ...kinds.flatMap(kindSection),
  ].join('\n');
}

function kindSection(kind: KindDefinition): string[] {
  const newest = kind.versions.at(-1);
  if (newest === undefined) return [];
  const ours = resourceNames(kind, 'heraldlb.io');
  const served = kind.versions.map(({ group, version }) => `\`${group}/${version}\``).join(', ');
  return [
    `## ${kind.kind}`,
    '',
    kind.description,
    '',
    `Versions: ${served}. For kubectl: \`${kind.plural}\` in \`metallb.io\`, \`${ours.plural}\` (\`${ours.shortNames.join('`, `')}\`) in \`heraldlb.io\`.`,
    '',
    ...table('spec', newest, newest.spec),
    '',
    ...table('status', newest, newest.status),
    '',
  ];
}

function table(root: 'spec' | 'status', version: KindVersion, schema: KindVersion['spec']): string[] {
  const rows = rowsOf(structuralSchema(schema) as FieldSchema, root, version.specRequired);
  return [
    `| Field of \`${root}\` | Type | Default | Meaning |`,
    '|---|---|---|---|',
    ...rows.map((row) => `| \`${row.path}\` | ${row.type} | ${row.fallback} | ${row.text} |`),
  ];
}

function rowsOf(schema: FieldSchema, path: string, required: boolean): Row[] {
  const below = Object.entries(schema.properties ?? schema.items?.properties ?? {});
  const nested = below.flatMap(([name, field]) =>
    rowsOf(
      field,
      `${path}${schema.items === undefined ? '' : '[]'}.${name}`,
      (schema.required ?? schema.items?.required ?? []).includes(name),
    ),
  );
  if (!path.includes('.')) return nested;
  return [
    {
      path,
      type: typeText(schema),
      fallback: schema.default === undefined ? (required ? 'required' : '–') : `\`${JSON.stringify(schema.default)}\``,
      text: (schema.description ?? '').replaceAll('|', '\\|'),
    },
    ...nested,
  ];
}

function typeText(schema: FieldSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  if (schema.additionalProperties !== undefined) return 'map of names to values';
  const bounds =
    schema.minimum === undefined && schema.maximum === undefined
      ? ''
      : ` ${schema.minimum ?? ''}…${schema.maximum ?? ''}`;
  return `${schema.type ?? 'any'}${bounds}`;
}
