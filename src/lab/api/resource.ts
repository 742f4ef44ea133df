import type { Json, JsonObject } from './json.ts';
import type { KubeObject } from './kube-object.ts';
import type { FieldError, StatusError } from './status-error.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** One served resource of one version. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** Whether `/status` is served: then writes of the main resource leave the status alone, and the other way round. */
  readonly status: boolean;
  readonly strategy: Strategy;
  /** The structural schema of a custom kind. */
  readonly schema?: JsonObject;
  /** `additionalPrinterColumns` of a custom kind. */
  readonly columns?: Json;
  /** Where objects are stored in another form than this version shows them. */
  readonly conversion?: Conversion;
  /** The resource whose objects these are, where that is another one. */
  readonly storedAs?: { readonly group: string; readonly resource: string };
}

export interface Conversion {
  readonly toStored: (object: KubeObject) => KubeObject;
  readonly fromStored: (object: KubeObject) => KubeObject;
}

/** What a kind does beyond storing. All functions are pure but for allocations, which `released` gives back. */
export interface Strategy {
  /** PUT of an absent object creates it. */
  readonly createOnUpdate: boolean;
  /** PUT without resourceVersion is accepted. */
  readonly unconditionalUpdate: boolean;
  /** DELETE answers with the object instead of a Status. */
  readonly returnsDeleted: boolean;
  /** A new object may come with a status. */
  readonly keepsFirstStatus: boolean;
  /** The last answer about a deleted object shows it with its deletionTimestamp. */
  readonly goneWithDeletionTimestamp: boolean;
  /** A write of `/status` leaves the metadata alone too, as custom kinds do; built-in kinds take it. */
  readonly statusKeepsMetadata: boolean;
  /** Whether metadata.generation counts changes. */
  readonly generation: boolean;
  /** Whether strategic-merge patches are understood (built-in kinds only). */
  readonly strategicMerge: boolean;
  /** Names that this kind accepts. */
  readonly validName: (name: string) => string | undefined;
  /** Prune and default what a client sent. @throws StatusError 400 for wrong types where the kind is built in. */
  readonly decode: (object: KubeObject) => KubeObject;
  /** Last touch before storing; the status of a new object is already dropped where `/status` exists. */
  readonly prepare: (next: KubeObject, previous: KubeObject | undefined) => KubeObject;
  /** Empty when the object may be stored. */
  readonly validate: (next: KubeObject, previous: KubeObject | undefined, scope: WriteScope) => readonly FieldError[];
  /** Told after an object came, changed or went. */
  readonly stored: (next: KubeObject | undefined, previous: KubeObject | undefined) => void;
  /** Fields that fieldSelector knows beside metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** The generation counts changes of labels and annotations too. */
  readonly generationCountsMetadata: boolean;
  /** Seconds of grace that deletion of this object takes; 0 removes it at once, `held` waits for somebody else. */
  readonly gracePeriodSeconds: (object: KubeObject, requested: number | undefined) => number | 'held';
  /** Why this object may not be deleted by anybody. */
  readonly refuseDelete: (object: KubeObject) => StatusError | undefined;
  /** Last touch to an object that is marked for deletion but stays. */
  readonly marked: (object: KubeObject) => KubeObject;
}

/** Where a write goes. `namespace` is empty for resources without namespace. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
}

/** Which part of an object a write may touch. */
export type WriteScope = 'main' | 'status';

export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
