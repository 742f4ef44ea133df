import { randomUUID } from 'node:crypto';
import { deepEqual, type JsonObject } from './json.ts';
import { type KubeObject, keyOf, type Metadata, nameOf, namespaceOf } from './kube-object.ts';
import { metadataErrors, metadataUpdateErrors } from './metadata-rules.ts';
import { afterUpdate, type Writer } from './patch/field-managers.ts';
import { topologyOf } from './patch/patch.ts';
import { apiVersionOf, type Resource, type Target, type WriteScope } from './resource.ts';
import { alreadyExists, invalid, notFound, StatusError } from './status-error.ts';
import type { Collection } from './store/collection.ts';
import type { Store } from './store/store.ts';
import {
  checkIdentity,
  checkNamespace,
  checkPreconditions,
  compactKube,
  counted,
  inherit,
  isReleased,
  type Preconditions,
  withinScope,
} from './write-rules.ts';

export interface WriteOptions {
  /** Everything is checked, nothing is stored. */
  readonly dryRun: boolean;
  /** Who writes, for managedFields; absent: nobody keeps count. */
  readonly manager?: string;
  /** Told what was sent and what decoding left of it. */
  readonly checkFields?: (sent: KubeObject, decoded: KubeObject) => void;
  /** The change comes from a server-side apply, and brings its managedFields along. */
  readonly isApply?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  readonly preconditions: Preconditions;
  readonly gracePeriodSeconds?: number;
  /** What the propagation policy puts on the object for the garbage collector. */
  readonly addFinalizer?: string;
}

/** Creates, replaces and deletes objects by the rules that are the same for every kind. */
export class Writes {
  readonly #store: Store;
  readonly #now: () => Date;
  #removed: (object: KubeObject) => void = () => undefined;

  constructor(dependencies: { readonly store: Store; readonly now: () => Date }) {
    this.#store = dependencies.store;
    this.#now = dependencies.now;
  }

  now(): Date {
    return this.#now();
  }

  collection(resource: Resource): Collection {
    const { group, resource: name } = resource.storedAs ?? resource;
    return this.#store.collection(group, name);
  }

  find(target: Target): KubeObject | undefined {
    const found = this.collection(target.resource).get(keyOf(target.namespace, target.name));
    return found === undefined ? undefined : asVersion(found, target.resource);
  }

  /** @throws StatusError 404 */
  get(target: Target): KubeObject {
    const found = this.find(target);
    if (found === undefined) throw notFound(target.resource, target.name);
    return found;
  }

  create(target: Omit<Target, 'name'>, sent: KubeObject, options: WriteOptions): KubeObject {
    const { resource, namespace } = target;
    checkNamespace(target, sent, (name) => this.#store.collection('', 'namespaces').get(name));
    if (sent.metadata.resourceVersion !== undefined) {
      const message = 'resourceVersion should not be set on objects to be created';
      throw new StatusError({ code: 500, reason: '', message });
    }
    const named: KubeObject = { ...sent, metadata: this.#newMetadata(sent.metadata, namespace, resource) };
    const drops = resource.status && !resource.strategy.keepsFirstStatus;
    const stripped: KubeObject = drops ? { ...named, status: undefined } : named;
    const unmanaged = resource.strategy.decode(stripped);
    options.checkFields?.(stripped, unmanaged);
    const decoded =
      options.isApply === true ? unmanaged : this.#managed(resource, { next: unmanaged, previous: undefined }, options);
    const prepared = resource.strategy.prepare(decoded, undefined);
    const name = nameOf(prepared);
    const errors = [...metadataErrors(prepared, resource), ...resource.strategy.validate(prepared, undefined, 'main')];
    if (errors.length > 0) throw invalid(resource, name, errors);
    if (this.find({ resource, namespace, name }) !== undefined) throw alreadyExists(resource, name);
    return this.#put(resource, { next: prepared, previous: undefined }, options);
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
    checkIdentity(target, sent, previous);
    const decoded = resource.strategy.decode(inherit(sent, previous, resource));
    options.checkFields?.(sent, decoded);
    const scoped = withinScope(decoded, previous, { scope, resource });
    const unmanaged = withManagedFields(scoped, previous.metadata.managedFields);
    if (options.isApply !== true && deepEqual(unmanaged, previous)) return previous;
    const managed =
      options.isApply === true
        ? withManagedFields(scoped, sent.metadata.managedFields)
        : this.#managed(resource, { next: unmanaged, previous, scope }, options);
    const next = counted(resource.strategy.prepare(managed, previous), previous, resource);
    const errors = [...metadataUpdateErrors(next, previous), ...resource.strategy.validate(next, previous, scope)];
    if (errors.length > 0) throw invalid(resource, target.name, errors);
    if (isReleased(next)) return this.#remove(target, next, options);
    return deepEqual(next, previous) ? previous : this.#put(resource, { next, previous }, options);
  }

  /** Marks for deletion or removes. */
  delete(target: Target, options: DeleteOptions): { readonly object: KubeObject; readonly removed: boolean } {
    const { resource } = target;
    const stored = this.get(target);
    checkPreconditions(target, stored, options.preconditions);
    const refusal = resource.strategy.refuseDelete(stored);
    if (refusal !== undefined) throw refusal;
    const wanted = resource.strategy.gracePeriodSeconds(stored, options.gracePeriodSeconds);
    const grace = wanted === 'held' ? undefined : wanted;
    const before = stored.metadata.finalizers ?? [];
    const added = options.addFinalizer;
    const finalizers = added === undefined || before.includes(added) ? before : [...before, added];
    const marked = this.#marked(stored, finalizers, grace);
    if (finalizers.length === 0 && grace === 0) {
      const last = resource.strategy.goneWithDeletionTimestamp ? marked : stored;
      return { object: this.#remove(target, last, options), removed: true };
    }
    if (marked === stored) return { object: stored, removed: false };
    return {
      object: this.#put(resource, { next: resource.strategy.marked(marked), previous: stored }, options),
      removed: false,
    };
  }

  /** Removes an object whatever holds it. */
  discard(target: Target): void {
    this.#remove(target, this.get(target), { dryRun: false });
  }

  /** Who is told of each object that is gone. One listener. */
  onRemoved(listener: (object: KubeObject) => void): void {
    this.#removed = listener;
  }

  /** Stores without any rule: for what the server itself keeps, and for tests that need an odd state. */
  seed(resource: Resource, object: KubeObject): KubeObject {
    const previous = this.collection(resource).get(keyOf(namespaceOf(object), nameOf(object)));
    const metadata = {
      uid: randomUUID(),
      creationTimestamp: timestamp(this.#now()),
      ...previous?.metadata,
      ...object.metadata,
    };
    return this.#put(resource, { next: { ...object, metadata }, previous }, { dryRun: false });
  }

  /** The object with the writer's fields counted as its own. */
  #managed(
    resource: Resource,
    change: { readonly next: KubeObject; readonly previous: KubeObject | undefined; readonly scope?: WriteScope },
    options: WriteOptions,
  ): KubeObject {
    if (options.manager === undefined) return change.next;
    const writer: Writer = {
      manager: options.manager,
      operation: 'Update',
      apiVersion: apiVersionOf(resource),
      subresource: change.scope === 'status' ? 'status' : '',
      time: timestamp(this.#now()),
    };
    return withManagedFields(change.next, afterUpdate(change, writer, topologyOf(resource)));
  }

  #put(
    resource: Resource,
    change: { readonly next: KubeObject; readonly previous: KubeObject | undefined },
    options: WriteOptions,
  ): KubeObject {
    const clean = compactKube(change.next);
    if (options.dryRun) return clean;
    const kept = resource.conversion?.toStored(clean) ?? clean;
    const stored = this.collection(resource).put(keyOf(namespaceOf(clean), nameOf(clean)), kept);
    resource.strategy.stored(stored, change.previous);
    return asVersion(stored, resource);
  }

  #remove(target: Target, last: KubeObject, options: WriteOptions): KubeObject {
    if (options.dryRun) return last;
    const removed = this.collection(target.resource).remove(keyOf(target.namespace, target.name));
    target.resource.strategy.stored(undefined, removed);
    if (removed !== undefined) this.#removed(removed);
    return last;
  }

  #newMetadata(sent: Metadata, namespace: string, resource: Resource): Metadata {
    const { deletionTimestamp: _, deletionGracePeriodSeconds: __, generation: ___, ...kept } = sent;
    const { generateName } = kept;
    const name = kept.name ?? (generateName === undefined ? '' : this.#freeName(generateName, namespace, resource));
    return {
      ...kept,
      ...(name === '' ? {} : { name }),
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
      if (attempt === 8 || this.find({ resource, namespace, name }) === undefined) return name;
    }
  }

  #marked(stored: KubeObject, finalizers: readonly string[], grace: number | undefined): KubeObject {
    const { metadata } = stored;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation } = metadata;
    const sooner = deletionTimestamp === undefined || (grace ?? 0) < deletionGracePeriodSeconds;
    if (!sooner && finalizers.length === (metadata.finalizers?.length ?? 0)) return stored;
    const until = timestamp(new Date(this.#now().getTime() + (grace ?? 0) * 1000));
    const counts = generation !== undefined && deletionTimestamp === undefined;
    return {
      ...stored,
      metadata: {
        ...metadata,
        ...(finalizers.length > 0 ? { finalizers } : {}),
        ...(counts ? { generation: generation + 1 } : {}),
        ...(sooner ? { deletionTimestamp: until } : {}),
        ...(sooner && grace !== undefined ? { deletionGracePeriodSeconds: grace } : {}),
      },
    };
  }
}

function withManagedFields(object: KubeObject, managedFields: readonly JsonObject[] | undefined): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const managed = managedFields !== undefined && managedFields.length > 0 ? { managedFields } : {};
  return { ...object, metadata: { ...metadata, ...managed } };
}

/** A stored object as a version of its resource shows it. */
export function asVersion(stored: KubeObject, resource: Resource): KubeObject {
  const apiVersion = apiVersionOf(resource);
  if (stored.apiVersion === apiVersion) return stored;
  return resource.conversion?.fromStored(stored) ?? resource.strategy.decode({ ...stored, apiVersion });
}

/** RFC 3339 in whole seconds, as metav1.Time. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function nameSuffix(): string {
  const octets = randomUUID().replaceAll('-', '');
  return Array.from({ length: 5 }, (_, at) => {
    const value = Number.parseInt(octets.slice(at * 2, at * 2 + 2), 16);
    return SUFFIX_LETTERS[value % SUFFIX_LETTERS.length] ?? 'x';
  }).join('');
}
