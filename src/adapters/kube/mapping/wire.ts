import type { ObjectMeta } from '../../../ports/kubernetes.ts';

/** metav1.ObjectMeta as JSON: the API server promises the shape, not that a field is there. */
export interface WireMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly creationTimestamp?: string;
}

export interface WireObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: WireMeta;
}

/** kubectl's copy of the whole manifest: as large as the object, and of no use to us. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const NONE: Readonly<Record<string, string>> = Object.freeze({});
const EMPTY: readonly string[] = Object.freeze([]);

/** `namespace/name`, or `name` where the kind has no namespace. */
export function keyOf({ metadata }: WireObject): string {
  const name = metadata?.name ?? '';
  return metadata?.namespace ? `${metadata.namespace}/${name}` : name;
}

/** Our metadata from the wire's; managedFields and the like are left behind. */
export function mapMeta(meta: WireMeta = {}): ObjectMeta {
  return {
    namespace: meta.namespace ?? '',
    name: meta.name ?? '',
    uid: meta.uid ?? '',
    resourceVersion: meta.resourceVersion ?? '',
    ...(meta.generation === undefined ? {} : { generation: meta.generation }),
    labels: meta.labels ?? NONE,
    annotations: mapAnnotations(meta.annotations),
    finalizers: meta.finalizers ?? EMPTY,
    ...(meta.deletionTimestamp === undefined ? {} : { deletionTimestamp: meta.deletionTimestamp }),
    creationTimestamp: meta.creationTimestamp ?? '',
  };
}

function mapAnnotations(annotations: WireMeta['annotations']): Readonly<Record<string, string>> {
  if (annotations === undefined) return NONE;
  if (!Object.hasOwn(annotations, LAST_APPLIED)) return annotations;
  const { [LAST_APPLIED]: _dropped, ...kept } = annotations;
  return kept;
}
