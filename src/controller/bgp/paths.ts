import type { BgpAdvertisement, BgpCommunity } from '../../core/config/bgp-config.ts';
import type { BgpPath, LargeCommunity } from '../../ports/bgp-channel.ts';

/**
 * What the peers of a node are told of one prefix that these advertisements are for, together: each peer the union of those
 * that name it and those that name nobody. Communities are united, as many as a speaker takes; of what can only be said once,
 * the first that says something counts, in the order of the list.
 */
export function pathsOf(advertisements: readonly BgpAdvertisement[]): readonly BgpPath[] {
  const toEverybody = advertisements.filter(({ peers }) => peers.length === 0);
  const named = [...new Set(advertisements.flatMap(({ peers }) => peers))].sort();
  const common = toEverybody.length === 0 ? undefined : pathOf(toEverybody);
  // BOUNDED: by the subsets of the advertisements that some peer gets.
  const byContent = new Map<string, { readonly path: BgpPath; readonly peers: string[] }>();
  for (const peer of named) {
    const path = pathOf(advertisements.filter(({ peers }) => peers.length === 0 || peers.includes(peer)));
    const content = contentOf(path);
    if (common !== undefined && content === contentOf(common)) continue;
    const same = byContent.get(content);
    if (same === undefined) byContent.set(content, { path, peers: [peer] });
    else same.peers.push(peer);
  }
  const ofNamed = [...byContent.values()].map(({ path, peers }) => ({ ...path, peers }));
  return common === undefined ? ofNamed : [common, ...ofNamed];
}

/** Of each kind: more no speaker takes, and already fewer fill an UPDATE. Those of the first advertisements count. */
const COMMUNITIES_MAX = 1_024;

function pathOf(advertisements: readonly BgpAdvertisement[]): BgpPath {
  const localPref = advertisements.find((one) => one.localPref !== 0)?.localPref;
  const med = advertisements.find((one) => one.med !== undefined)?.med;
  const communities = advertisements.flatMap((one) => one.communities);
  return {
    peers: [],
    ...(localPref === undefined ? {} : { localPref }),
    ...(med === undefined ? {} : { med }),
    prepend: advertisements.find((one) => one.prepend !== 0)?.prepend ?? 0,
    communities: standardOf(communities),
    largeCommunities: largeOf(communities),
  };
}

function standardOf(communities: readonly BgpCommunity[]): readonly number[] {
  const values = communities.flatMap((one) => (one.kind === 'standard' ? [one.high * 0x1_0000 + one.low] : []));
  return [...new Set(values)].slice(0, COMMUNITIES_MAX).sort((a, b) => a - b);
}

function largeOf(communities: readonly BgpCommunity[]): readonly LargeCommunity[] {
  const large = communities.flatMap((one): LargeCommunity[] => {
    if (one.kind !== 'large') return [];
    const { globalAdministrator, localData1, localData2 } = one;
    return [{ globalAdministrator, localData1, localData2 }];
  });
  return [...new Map(large.map((one) => [Object.values(one).join(':'), one])).values()]
    .slice(0, COMMUNITIES_MAX)
    .sort(
      (a, b) =>
        a.globalAdministrator - b.globalAdministrator || a.localData1 - b.localData1 || a.localData2 - b.localData2,
    );
}

function contentOf({ peers: _peers, ...said }: BgpPath): string {
  return JSON.stringify(said);
}
