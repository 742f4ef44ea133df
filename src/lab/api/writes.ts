import { randomUUID } from 'node:crypto';
import { compactObject, deepEqual, type JsonObject } from './json.ts';
import { type KubeObject, keyOf, type Metadata, nameOf, namespaceOf } from './kube-object.ts';
import { metadataErrors, metadataUpdateErrors } from './metadata-rules.ts';
import { apiVersionOf, type Resource, type WriteScope } from './resource.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  type FieldError,
  fieldErrors,
  forbidden,
  invalid,
  MODIFIED,
  notFound,
  StatusError,
} from './status-error.ts';
import type { Collection } from './store/collection.ts';
import type { Store } from './store/store.ts';

/** Where a write goes. `namespace` is empty for resources without namespace. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
}

export interface WriteOptions {
  /** Everything is checked, nothing is stored. */
  readonly dryRun: boolean;
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Creates, replaces and deletes objects by the rules that are the same for every kind. */
export class Writes {
  readonly #store: Store;
  readonly #now: () => Date;

  constructor(dependencies: { readonly store: Store; readonly now: () => Date }) {
    this.#store = dependencies.store;
    this.#now = dependencies.now;
  }

  collection(resource: Resource): Collection {
    return this.#store.collection(resource.group, resource.resource);
  }

  /** @throws StatusError 404 */
  get(target: Target): KubeObject {
    const found = this.collection(target.resource).get(keyOf(target.namespace, target.name));
    if (found === undefined) throw notFound(target.resource, target.name);
    return asVersion(found, target.resource);
  }

  create(target: Omit<Target, 'name'>, sent: KubeObject, options: WriteOptions): KubeObject {
    const { resource, namespace } = target;
    this.#checkNamespace(target, sent);
    if (sent.metadata.resourceVersion !== undefined) {
      throw badRequest('resourceVersion should not be set on objects to be created');
    }
    const named: KubeObject = { ...sent, metadata: this.#newMetadata(sent.metadata, namespace, resource) };
    const stripped: KubeObject = resource.status ? { ...named, status: undefined } : named;
    const prepared = resource.strategy.prepare(resource.strategy.decode(stripped), undefined);
    const errors = [...metadataErrors(prepared, resource), ...resource.strategy.validate(prepared, undefined, 'main')];
    if (errors.length > 0) throw invalid(resource, nameOf(prepared), errors);
    const key = keyOf(namespace, nameOf(prepared));
    if (this.collection(resource).get(key) !== undefined) throw alreadyExists(resource, nameOf(prepared));
    return this.#put(target, { next: prepared, previous: undefined }, options);
  }

  /** Replaces the object by what `change` makes of the stored one; equal objects are not written. */
  update(
    target: Target,
    scope: WriteScope,
    change: (stored: KubeObject) => KubeObject,
    options: WriteOptions,
  ): KubeObject {
    const { resource } = target;
    const previous = this.get(target);
    const sent = change(previous);
    this.#checkIdentity(target, sent, previous);
    const decoded = resource.strategy.decode(inherit(sent, previous, resource));
    const scoped = scopeOf(decoded, previous, { scope, resource });
    const prepared = resource.strategy.prepare(scoped, previous);
    const next = compactGenerated(prepared, previous, resource);
    const errors = [
      ...metadataUpdateErrors(next, previous, resource),
      ...resource.strategy.validate(next, previous, scope),
    ];
    if (errors.length > 0) throw invalid(resource, target.name, errors);
    if (deepEqual(next, previous)) return previous;
    if (isGone(next)) return this.#remove(target, next, options);
    return this.#put(target, { next, previous }, options);
  }

  /** Marks for deletion or removes. The answer says which: an object that stays has its deletionTimestamp. */
  delete(
    target: Target,
    how: {
      readonly preconditions: Preconditions;
      readonly gracePeriodSeconds?: number;
      readonly addFinalizer?: string;
    },
    options: WriteOptions,
  ): { readonly object: KubeObject; readonly removed: boolean } {
    const { resource } = target;
    const stored = this.get(target);
    checkPreconditions(target, stored, how.preconditions);
    const grace = resource.strategy.gracePeriodSeconds(stored, how.gracePeriodSeconds);
    const before = stored.metadata.finalizers ?? [];
    const added = how.addFinalizer;
    const finalizers = added === undefined || before.includes(added) ? before : [...before, added];
    if (finalizers.length === 0 && grace === 0) return { object: this.#remove(target, stored, options), removed: true };
    const marked = this.#markDeleted(stored, { finalizers, grace, resource });
    if (marked === stored) return { object: stored, removed: false };
    return { object: this.#put(target, { next: marked, previous: stored }, options), removed: false };
  }

  /** Stores without any rule: for what the server itself keeps, and for tests that need an odd state. */
  seed(resource: Resource, object: KubeObject): KubeObject {
    const key = keyOf(namespaceOf(object), nameOf(object));
    const previous = this.collection(resource).get(key);
    const metadata = {
      uid: randomUUID(),
      creationTimestamp: timestamp(this.#now()),
      ...previous?.metadata,
      ...object.metadata,
    };
    return this.#put({ resource }, { next: { ...object, metadata }, previous }, { dryRun: false });
  }

  #put(
    target: { readonly resource: Resource },
    change: { readonly next: KubeObject; readonly previous: KubeObject | undefined },
    options: WriteOptions,
  ): KubeObject {
    const clean = compactKube(change.next);
    if (options.dryRun) return clean;
    const key = keyOf(namespaceOf(clean), nameOf(clean));
    const stored = this.collection(target.resource).put(key, clean);
    target.resource.strategy.stored(stored, change.previous);
    return stored;
  }

  #remove(target: Target, last: KubeObject, options: WriteOptions): KubeObject {
    if (options.dryRun) return last;
    const removed = this.collection(target.resource).remove(keyOf(target.namespace, target.name));
    target.resource.strategy.stored(undefined, removed);
    return last;
  }

  #newMetadata(sent: Metadata, namespace: string, resource: Resource): Metadata {
    const { generateName } = sent;
    const {
      resourceVersion: _,
      deletionTimestamp: __,
      deletionGracePeriodSeconds: ___,
      generation: ____,
      ...kept
    } = sent;
    const generated = generateName === undefined ? undefined : this.#freeName(generateName, namespace, resource);
    const name = sent.name ?? generated;
    return {
      ...kept,
      ...(name === undefined ? {} : { name }),
      ...(resource.namespaced ? { namespace } : {}),
      uid: randomUUID(),
      creationTimestamp: timestamp(this.#now()),
      ...(resource.strategy.generation ? { generation: 1 } : {}),
    };
  }

  #freeName(generateName: string, namespace: string, resource: Resource): string {
    const base = generateName.slice(0, 58);
    for (let attempt = 0; ; attempt += 1) {
      const name = `${base}${nameSuffix()}`;
      if (attempt === 8 || this.collection(resource).get(keyOf(namespace, name)) === undefined) return name;
    }
  }

  #checkNamespace(target: Omit<Target, 'name'>, sent: KubeObject): void {
    const { resource, namespace } = target;
    const named = sent.metadata.namespace;
    if (named !== undefined && named !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    if (!resource.namespaced) return;
    const owner = this.#store.collection('', 'namespaces').get(namespace);
    if (owner === undefined) throw notFound({ group: '', resource: 'namespaces', kind: 'Namespace' }, namespace);
    if (owner.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const refusal = forbidden(resource, sent.metadata.name ?? '', why);
    throw new StatusError({
      ...refusal,
      message: refusal.message,
      details: {
        ...refusal.details,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    });
  }

  #checkIdentity(target: Target, sent: KubeObject, previous: KubeObject): void {
    const { resource, name, namespace } = target;
    const named = sent.metadata;
    if (named.name !== undefined && named.name !== name) {
      throw badRequest(`the name of the object (${named.name}) does not match the name on the URL (${name})`);
    }
    if (named.namespace !== undefined && resource.namespaced && named.namespace !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    if (named.resourceVersion === undefined && !resource.strategy.unconditionalUpdate) {
      const field = 'metadata.resourceVersion';
      throw invalid(resource, name, [mustBeSpecified(field)]);
    }
    if (named.resourceVersion !== undefined && named.resourceVersion !== previous.metadata.resourceVersion) {
      throw conflict(resource, name, MODIFIED);
    }
    if (named.uid !== undefined && named.uid !== previous.metadata.uid) {
      const was = previous.metadata.uid ?? '';
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${named.uid}, UID in object meta: ${was}`,
      );
    }
  }

  #markDeleted(
    stored: KubeObject,
    how: { readonly finalizers: readonly string[]; readonly grace: number; readonly resource: Resource },
  ): KubeObject {
    const { metadata } = stored;
    const already = metadata.deletionTimestamp !== undefined;
    if (already && how.grace >= (metadata.deletionGracePeriodSeconds ?? 0)) return stored;
    const until = new Date(this.#now().getTime() + how.grace * 1000);
    const generation = metadata.generation;
    return {
      ...stored,
      metadata: {
        ...metadata,
        ...(how.finalizers.length > 0 ? { finalizers: how.finalizers } : {}),
        ...(generation === undefined || already ? {} : { generation: generation + 1 }),
        deletionTimestamp: timestamp(until),
        deletionGracePeriodSeconds: how.grace,
      },
    };
  }
}

/** The object as a version of its resource shows it. */
export function asVersion(object: KubeObject, resource: Resource): KubeObject {
  const apiVersion = apiVersionOf(resource);
  return object.apiVersion === apiVersion ? object : resource.strategy.decode({ ...object, apiVersion });
}

/** RFC 3339 in whole seconds, as metav1.Time. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

function isGone(next: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = next.metadata;
  return deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) === 0 && (finalizers ?? []).length === 0;
}

/** What a client may leave out of an update is taken from the stored object. */
function inherit(sent: KubeObject, previous: KubeObject, resource: Resource): KubeObject {
  const kept = previous.metadata;
  const metadata: Metadata = {
    ...sent.metadata,
    name: nameOf(previous),
    ...(resource.namespaced ? { namespace: namespaceOf(previous) } : {}),
    uid: kept.uid ?? '',
    resourceVersion: kept.resourceVersion ?? '',
    creationTimestamp: sent.metadata.creationTimestamp ?? kept.creationTimestamp ?? '',
    ...(kept.generation === undefined ? {} : { generation: kept.generation }),
    ...(kept.deletionTimestamp === undefined ? {} : { deletionTimestamp: kept.deletionTimestamp }),
    ...(kept.deletionGracePeriodSeconds === undefined
      ? {}
      : { deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds }),
  };
  return { ...sent, metadata };
}

/** A write of the main resource keeps the stored status; a write of `/status` keeps everything but status and metadata. */
function scopeOf(
  next: KubeObject,
  previous: KubeObject,
  { scope, resource }: { readonly scope: WriteScope; readonly resource: Resource },
): KubeObject {
  if (!resource.status) return next;
  if (scope === 'main') return { ...next, status: previous.status };
  return { ...previous, metadata: next.metadata, status: next.status };
}

function compactGenerated(next: KubeObject, previous: KubeObject, resource: Resource): KubeObject {
  const clean = compactKube(next);
  const generation = previous.metadata.generation;
  if (!resource.strategy.generation || generation === undefined) return clean;
  const counted = (object: KubeObject): JsonObject => ({
    ...object,
    metadata: undefined,
    ...(resource.status ? { status: undefined } : {}),
  });
  if (deepEqual(counted(clean), counted(previous))) return clean;
  return { ...clean, metadata: { ...clean.metadata, generation: generation + 1 } };
}

function checkPreconditions(target: Target, stored: KubeObject, wanted: Preconditions): void {
  const { uid, resourceVersion } = stored.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid ?? ''}`;
    throw conflict(target.resource, target.name, why);
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion ?? ''}`;
    throw conflict(target.resource, target.name, why);
  }
}

function mustBeSpecified(field: string): FieldError {
  return fieldErrors.invalid(field, 0, 'must be specified for an update');
}

function compactKube(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  return { kind, apiVersion, metadata: compactObject(metadata), ...compactObject(rest) };
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function nameSuffix(): string {
  const octets = randomUUID().replaceAll('-', '');
  return Array.from({ length: 5 }, (_, at) => {
    const value = Number.parseInt(octets.slice(at * 2, at * 2 + 2), 16);
    return SUFFIX_LETTERS[value % SUFFIX_LETTERS.length] ?? 'x';
  }).join('');
}
