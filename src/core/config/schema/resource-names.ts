import type { ApiGroup, ServedKind } from './kind.ts';
import { KINDS } from './kinds.ts';

/** Where the objects of one kind are in the API. */
export interface ConfigResource {
  readonly group: ApiGroup;
  /** The newest: the API server gives out every stored object in it. */
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: true;
}

export interface ResourceNames {
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
}

/**
 * What kubectl calls a kind in a group. For a name that two groups have, kubectl takes the group that is first in the
 * alphabet: with names of its own, `heraldlb.io` leaves `kubectl get ipaddresspools` to MetalLB's group, where guides look.
 */
export function resourceNames(
  { plural, singular, shortName }: Pick<ServedKind, 'plural' | 'singular' | 'shortName'>,
  group: ApiGroup,
): ResourceNames {
  return group === 'metallb.io'
    ? { plural, singular, shortNames: [] }
    : { plural: `lb${plural}`, singular: `lb${singular}`, shortNames: [shortName] };
}

/** All that is to be watched. */
export const CONFIG_RESOURCES: readonly ConfigResource[] = KINDS.flatMap(resourcesOf);

/** Where the objects of a kind are, in our group and in MetalLB's. */
export function resourcesOf(kind: ServedKind): readonly ConfigResource[] {
  return (['heraldlb.io', 'metallb.io'] as const).flatMap((group) => {
    const version = kind.versions.findLast((candidate) => candidate.group === group)?.version;
    const { plural } = resourceNames(kind, group);
    return version === undefined ? [] : [{ group, version, kind: kind.kind, plural, namespaced: true as const }];
  });
}
