import { deepEqual } from './json.ts';
import { type KubeObject, nameOf } from './kube-object.ts';
import type { Resource } from './resource.ts';
import { type FieldError, fieldErrors } from './status-error.ts';

const QUALIFIED_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED_NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** What is wrong with the metadata of any object. */
export function metadataErrors(object: KubeObject, resource: Resource): FieldError[] {
  const errors: FieldError[] = [];
  const name = nameOf(object);
  if (name === '') errors.push(fieldErrors.required('metadata.name', 'name or generateName is required'));
  else {
    const wrong = resource.strategy.validName(name);
    if (wrong !== undefined) errors.push(fieldErrors.invalid('metadata.name', name, wrong));
  }
  return [...errors, ...contentErrors(object)];
}

/** What is wrong with an update of the metadata. */
export function metadataUpdateErrors(next: KubeObject, previous: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (next.metadata.uid !== previous.metadata.uid) errors.push(immutable('metadata.uid', next.metadata.uid));
  if (previous.metadata.deletionTimestamp !== undefined) {
    const before = previous.metadata.finalizers ?? [];
    const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(fieldErrors.forbidden('metadata.finalizers', why));
    }
  }
  if (!deepEqual(next.metadata, previous.metadata)) errors.push(...contentErrors(next));
  return errors;
}

export function immutable(field: string, value: unknown): FieldError {
  return fieldErrors.invalid(field, value, 'field is immutable');
}

function contentErrors(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (!QUALIFIED_NAME.test(key)) errors.push(fieldErrors.invalid('metadata.labels', key, QUALIFIED_NAME_RULE));
    if (!LABEL_VALUE.test(value) || value.length > 63) {
      errors.push(fieldErrors.invalid('metadata.labels', value, LABEL_VALUE_RULE));
    }
  }
  for (const key of Object.keys(object.metadata.annotations ?? {})) {
    if (!QUALIFIED_NAME.test(key.toLowerCase())) {
      errors.push(fieldErrors.invalid('metadata.annotations', key, QUALIFIED_NAME_RULE));
    }
  }
  for (const [at, finalizer] of (object.metadata.finalizers ?? []).entries()) {
    const field = `metadata.finalizers[${at}]`;
    if (!QUALIFIED_NAME.test(finalizer)) {
      errors.push(fieldErrors.invalid(field, finalizer, QUALIFIED_NAME_RULE));
    } else if (!finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer)) {
      errors.push(
        fieldErrors.invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
      );
    }
  }
  return errors;
}
