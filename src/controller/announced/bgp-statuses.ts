import type { ResourceType } from '../../ports/informer.ts';
import type { NodeStatus } from './status-object.ts';

export interface BgpStatusesDependencies {
  readonly announcer: {
    /** Undefined while nothing can be said. */
    tellingNodesOf(serviceKey: string): ReadonlyMap<string, ReadonlySet<string>> | undefined;
    readonly serviceCount: number;
  };
  readonly sessions: { isEstablished(nodeName: string, peerName: string): boolean };
}

/** Some 30 MiB of the API's store. A thousand nodes that tell of five thousand Services would make five million. */
const OBJECTS_MAX = 32_768;

/** What ServiceBGPStatus objects are to say of a Service; undefined while nothing can be said. */
export function bgpStatuses(
  serviceKey: string,
  { group }: Pick<ResourceType, 'group'>,
  { announcer, sessions }: BgpStatusesDependencies,
): readonly NodeStatus[] | undefined {
  const telling = announcer.tellingNodesOf(serviceKey);
  if (telling === undefined) return undefined;
  return [...telling]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, nodesPerService(announcer.serviceCount))
    .map(([node, names]) => {
      const peers = [...names].sort();
      const established = { establishedPeers: peers.filter((peer) => sessions.isEstablished(node, peer)) };
      return { node, details: { peers, ...(group === 'metallb.io' ? {} : established) } };
    });
}

/** A power of two, so that it changes seldom as Services come and go; 0 where there are too many for one each. */
export function nodesPerService(services: number): number {
  return Math.floor(2 ** Math.floor(Math.log2(OBJECTS_MAX / Math.max(1, services))));
}
