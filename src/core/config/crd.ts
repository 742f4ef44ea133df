import { z } from 'zod';
import type { ApiGroup, ServedKind } from './schema/kind.ts';
import { resourceNames } from './schema/resource-names.ts';

/** A JSON value, as it goes into YAML. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

type JsonObject = { readonly [key: string]: Json };

/** A CustomResourceDefinition of one kind in one of the groups. @see Kubernetes API apiextensions.k8s.io/v1 */
export function customResourceDefinition(kind: ServedKind, group: ApiGroup): JsonObject {
  const versions = kind.versions.filter((version) => version.group === group);
  const names = resourceNames(kind, group);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'heraldlb' } },
    spec: {
      group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: names.plural,
        singular: names.singular,
        ...(names.shortNames.length > 0 ? { shortNames: names.shortNames } : {}),
        categories: ['heraldlb'],
      },
      scope: 'Namespaced',
      versions: versions.map((version, at) => versionOf(kind, version, at === versions.length - 1)),
    },
  };
}

function versionOf(kind: ServedKind, version: ServedKind['versions'][number], storage: boolean): JsonObject {
  return {
    name: version.version,
    served: true,
    storage,
    ...(version.deprecationWarning === undefined
      ? {}
      : { deprecated: true, deprecationWarning: version.deprecationWarning }),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: kind.description,
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: {
            ...structuralSchema(version.spec),
            ...(version.rules.length > 0
              ? { 'x-kubernetes-validations': version.rules.map((rule) => ({ ...rule })) }
              : {}),
          },
          status: structuralSchema(version.status),
        },
        ...(version.specRequired ? { required: ['spec'] } : {}),
      },
    },
    subresources: { status: {} },
    additionalPrinterColumns: version.columns.map((column) => ({ ...column })),
  };
}

/** What the API server is told of a schema. Checks that need more than it can say are left to the decoder. */
export function structuralSchema(schema: z.ZodType): JsonObject {
  const { ...json } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'openapi-3.0',
    override: withoutSafeIntegerBounds,
  });
  return withoutEmptyDefaults(json);
}

/** Bounds that come from JavaScript's numbers say nothing of the field. */
function withoutSafeIntegerBounds({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** An empty list means what an absent one means: the API server need not write it into every object. */
function withoutEmptyDefaults(json: unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(isRecord(json) ? json : {})
      .filter(([key, value]) => key !== 'default' || !Array.isArray(value))
      .map(([key, value]) => [key, plain(value)]),
  );
}

function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (isRecord(value)) return withoutEmptyDefaults(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
