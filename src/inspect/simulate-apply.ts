import type { ClusterSnapshot } from '../ports/cluster-snapshot.ts';
import type { ConfigObject } from '../ports/informer.ts';
import { keyOf, type Service } from '../ports/kubernetes.ts';
import { type Allocation, type RehearsalOptions, rehearseAllocation } from './rehearsal/allocation.ts';
import { formatTable } from './table.ts';

/** What somebody is about to apply. */
export interface Applied {
  readonly services: readonly Service[];
  readonly objects: readonly ConfigObject[];
}

/** What applying it would change. */
export interface ApplyView {
  /** Configuration objects that would not be in force, and why. */
  readonly refused: readonly { readonly object: string; readonly message: string }[];
  /** Services that would have other addresses, or another reason to wait. */
  readonly changes: readonly AddressChange[];
}

export interface AddressChange {
  readonly service: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly refusal?: string;
}

export async function simulateApply(
  snapshot: ClusterSnapshot,
  applied: Applied,
  options: RehearsalOptions,
): Promise<ApplyView> {
  const [now, then] = await Promise.all([
    rehearseAllocation(snapshot, options),
    rehearseAllocation(withApplied(snapshot, applied), options),
  ]);
  const known = new Map(now.allocations.map((allocation) => [keyOf(allocation.service.meta), allocation]));
  const judged = new Map(now.verdicts.map((verdict) => [JSON.stringify(verdict.origin), verdict.valid]));
  return {
    refused: then.verdicts
      .filter(({ valid, origin }) => !valid && judged.get(JSON.stringify(origin)) !== false)
      .map(({ origin: { kind, namespace, name }, message }) => ({ object: `${kind} ${namespace}/${name}`, message })),
    changes: then.allocations.flatMap((allocation) => changeOf(known.get(keyOf(allocation.service.meta)), allocation)),
  };
}

/** For a terminal. */
export function formatApply({ refused, changes }: ApplyView): string {
  if (refused.length + changes.length === 0) return 'Nothing would change.\n';
  const objects = formatTable(
    [
      { title: 'NOT IN FORCE', text: ({ object }: ApplyView['refused'][number]) => object },
      { title: 'WHY', text: ({ message }) => message },
    ],
    refused,
  );
  const services = formatTable(
    [
      { title: 'SERVICE', text: ({ service }: AddressChange) => service },
      { title: 'NOW', text: ({ before }) => before.join(', ') },
      { title: 'THEN', text: ({ after }) => after.join(', ') },
      { title: 'WHY NOT', text: ({ refusal }) => refusal ?? '' },
    ],
    changes,
  );
  return [...(refused.length > 0 ? [objects] : []), ...(changes.length > 0 ? [services] : [])].join('\n');
}

function withApplied(snapshot: ClusterSnapshot, { services, objects }: Applied): ClusterSnapshot {
  return {
    ...snapshot,
    services: merged(
      snapshot.services,
      services,
      ({ meta }) => keyOf(meta),
      (before, { meta, ...rest }) => ({
        ...before,
        ...rest,
        meta: { ...before.meta, annotations: meta.annotations, labels: meta.labels },
        status: before.status,
      }),
    ),
    objects: merged(snapshot.objects, objects, objectKeyOf, (before, after) => ({
      ...after,
      meta: { ...before.meta, labels: after.meta.labels, generation: (before.meta.generation ?? 0) + 1 },
      status: before.status,
    })),
  };
}

function merged<T>(
  present: readonly T[],
  applied: readonly T[],
  keyFor: (object: T) => string,
  merge: (before: T, after: T) => T,
): readonly T[] {
  const all = new Map(present.map((object) => [keyFor(object), object]));
  for (const object of applied) {
    const before = all.get(keyFor(object));
    all.set(keyFor(object), before === undefined ? object : merge(before, object));
  }
  return [...all.values()];
}

function changeOf(now: Allocation | undefined, then: Allocation): readonly AddressChange[] {
  const before = now?.after ?? [];
  if (before.join() === then.after.join() && now?.refusal === then.refusal) return [];
  const { refusal } = then;
  return [
    { service: keyOf(then.service.meta), before, after: then.after, ...(refusal === undefined ? {} : { refusal }) },
  ];
}

function objectKeyOf({ apiVersion, kind, meta }: ConfigObject): string {
  return [apiVersion.split('/')[0], kind, meta.namespace, meta.name].join(' ');
}
