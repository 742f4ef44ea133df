import { arrayAt, isObject, type Json, type JsonObject, objectAt, stringAt, stringsAt, valueAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { resourceOf } from '../registry.ts';
import type { Resource, Strategy, WriteScope } from '../resource.ts';
import { celErrors, hasRules } from '../schema/cel.ts';
import { pruneAndDefault, type Schema, schemaOf } from '../schema/structural.ts';
import { schemaErrors, under } from '../schema/validate.ts';
import type { FieldError, FieldErrorReason } from '../status-error.ts';
import { PLAIN } from './strategy.ts';

/** One served version of a CustomResourceDefinition as a resource. */
export function customResource(definition: KubeObject, version: JsonObject): Resource {
  const names = objectAt(definition, 'spec', 'names') ?? {};
  const kind = stringAt(names, 'kind') ?? '';
  return resourceOf({
    group: stringAt(definition, 'spec', 'group') ?? '',
    version: stringAt(version, 'name') ?? '',
    resource: stringAt(names, 'plural') ?? '',
    singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
    kind,
    listKind: stringAt(names, 'listKind') ?? `${kind}List`,
    shortNames: stringsAt(names, 'shortNames'),
    categories: stringsAt(names, 'categories'),
    namespaced: stringAt(definition, 'spec', 'scope') === 'Namespaced',
    status: valueAt(version, 'subresources', 'status') !== undefined,
    strategy: strategyOf(version),
    schema: schemaIn(version),
    ...(version.additionalPrinterColumns === undefined ? {} : { columns: version.additionalPrinterColumns }),
  });
}

export function schemaIn(version: JsonObject): Schema {
  return objectAt(version, 'schema', 'openAPIV3Schema') ?? { 'x-kubernetes-preserve-unknown-fields': true };
}

function strategyOf(version: JsonObject): Strategy {
  const schema = schemaIn(version);
  const rules = hasRules(schema);
  return {
    ...PLAIN,
    unconditionalUpdate: false,
    generation: true,
    strategicMerge: false,
    statusKeepsMetadata: true,
    decode: (object) => {
      const { kind, apiVersion, metadata } = object;
      const pruned = pruneAndDefault(object, schema, true);
      return { ...(isObject(pruned) ? pruned : {}), kind, apiVersion, metadata };
    },
    validate: (next, previous, scope) => contentErrors({ next, previous, scope }, schema, rules),
    selectableFields: Object.fromEntries(arrayAt(version, 'selectableFields').map(selectableField)),
  };
}

function selectableField(field: Json): [string, (object: KubeObject) => string] {
  const path = (stringAt(field, 'jsonPath') ?? '').replace(/^\./, '');
  return [path, (object) => String(valueAt(object, ...path.split('.')) ?? '')];
}

/** After these the real server does not look at rules in CEL: they rely on a value of the right form. */
const BLOCKING: readonly FieldErrorReason[] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];
const RULES_SKIPPED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

function contentErrors(
  {
    next,
    previous,
    scope,
  }: { readonly next: KubeObject; readonly previous: KubeObject | undefined; readonly scope: WriteScope },
  schema: Schema,
  rules: boolean,
): readonly FieldError[] {
  const errors = scope === 'status' ? statusErrors(next, previous, schema) : mainErrors(next, previous, schema);
  if (!rules) return errors;
  if (errors.some(({ reason }) => BLOCKING.includes(reason))) {
    return [
      ...errors,
      { reason: 'FieldValueInvalid', field: '<nil>', message: `Invalid value: null: ${RULES_SKIPPED}` },
    ];
  }
  return [...errors, ...celErrors({ value: next, before: previous }, schema, '')];
}

function mainErrors(next: KubeObject, previous: KubeObject | undefined, schema: Schema): readonly FieldError[] {
  const withoutMetadata = { ...schema, properties: { ...objectAt(schema, 'properties'), metadata: undefined } };
  return schemaErrors({ ...next, metadata: undefined }, withoutMetadata, '', previous);
}

/** A write of `/status` looks at the status alone, and names its fields from there in the message. */
function statusErrors(next: KubeObject, previous: KubeObject | undefined, schema: Schema): readonly FieldError[] {
  const below = schemaOf(schema, 'status');
  if (below === undefined || next.status === undefined) return [];
  const errors = schemaErrors(next.status, below, '', previous?.status);
  return errors.map((error) => ({ ...error, field: under('status', error.field) }));
}
