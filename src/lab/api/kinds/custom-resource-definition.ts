import { messageOf } from '../../../ports/error-message.ts';
import { arrayAt, isObject, type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import { type KubeObject, nameOf } from '../kube-object.ts';
import { resourceOf } from '../registry.ts';
import type { Resource, Strategy } from '../resource.ts';
import { compileRules } from '../schema/cel.ts';
import { type FieldError, fieldErrors } from '../status-error.ts';
import { schemaIn } from './custom-resource.ts';
import { PLAIN } from './strategy.ts';

/** The resource `customresourcedefinitions`; `served` is told of each definition that came, changed or went. */
export function definitionResource(
  served: (next: KubeObject | undefined, previous: KubeObject | undefined) => void,
  now: () => string,
): Resource {
  const strategy: Strategy = {
    ...PLAIN,
    generation: true,
    returnsDeleted: true,
    goneWithDeletionTimestamp: true,
    decode: withDefaults,
    prepare: (next, previous) => ({ ...next, status: acceptedStatus(next, previous, now()) }),
    validate: (next) => definitionErrors(next),
    stored: served,
  };
  return resourceOf({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
    namespaced: false,
    status: true,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    strategy,
  });
}

export function versionsOf(definition: KubeObject | undefined): JsonObject[] {
  return arrayAt(definition, 'spec', 'versions').filter(isObject);
}

function withDefaults(definition: KubeObject): KubeObject {
  const spec = objectAt(definition, 'spec') ?? {};
  const names = objectAt(spec, 'names') ?? {};
  const kind = stringAt(names, 'kind') ?? '';
  return {
    ...definition,
    spec: {
      ...spec,
      names: { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  };
}

/** What the naming and establishing controllers write, at once. */
function acceptedStatus(next: KubeObject, previous: KubeObject | undefined, at: string): JsonObject {
  const names = objectAt(next, 'spec', 'names') ?? {};
  const storage = versionsOf(next).find((version) => version.storage === true);
  const stored = stringsAt(previous, 'status', 'storedVersions');
  const name = stringAt(storage, 'name') ?? '';
  const conditions = [
    { type: 'NamesAccepted', reason: 'NoConflicts', message: 'no conflicts found' },
    { type: 'Established', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
  ];
  const before = arrayAt(previous, 'status', 'conditions');
  return {
    conditions:
      before.length > 0 ? before : conditions.map((one) => ({ ...one, status: 'True', lastTransitionTime: at })),
    acceptedNames: names,
    storedVersions: stored.includes(name) ? stored : [...stored, name],
  };
}

/** @see Kubernetes apiextensions validation: ValidateCustomResourceDefinition */
function definitionErrors(definition: KubeObject): FieldError[] {
  const spec = objectAt(definition, 'spec') ?? {};
  const group = stringAt(spec, 'group') ?? '';
  const plural = stringAt(spec, 'names', 'plural') ?? '';
  const versions = versionsOf(definition);
  const errors: FieldError[] = [];
  const wanted = `${plural}.${group}`;
  if (nameOf(definition) !== wanted) {
    errors.push(fieldErrors.invalid('metadata.name', nameOf(definition), 'must be spec.names.plural+"."+spec.group'));
  }
  for (const member of ['plural', 'singular', 'kind', 'listKind']) {
    if ((stringAt(spec, 'names', member) ?? '') === '') errors.push(fieldErrors.required(`spec.names.${member}`, ''));
  }
  if (versions.filter((version) => version.storage === true).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(
      fieldErrors.invalid(
        'spec.versions',
        versions.map((version) => version.name ?? ''),
        why,
      ),
    );
  }
  const scope = stringAt(spec, 'scope') ?? '';
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(fieldErrors.notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  return [...errors, ...versions.flatMap(versionErrors)];
}

function versionErrors(version: JsonObject, at: number): FieldError[] {
  const field = `spec.versions[${at}].schema.openAPIV3Schema`;
  if (objectAt(version, 'schema', 'openAPIV3Schema') === undefined) {
    return [fieldErrors.required(field, '')];
  }
  try {
    compileRules(schemaIn(version));
    return [];
  } catch (error) {
    const why = messageOf(error);
    return [fieldErrors.invalid(`${field}.x-kubernetes-validations`, '', `compilation failed: ${why}`)];
  }
}
