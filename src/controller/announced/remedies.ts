import type { ObstacleReason } from '../announcer/service-announcement.ts';
import type { BgpObstacleReason } from '../bgp/bgp-state.ts';

/** What to do about an obstacle, where its message does not say it. */
const REMEDIES: Readonly<Partial<Record<ObstacleReason | BgpObstacleReason, string>>> = {
  NoAdvertisement: '; make an L2Advertisement or a BGPAdvertisement for the pool',
  NoMatchingNode: '; change those selectors, or label a node',
  NoEndpoint: '; it is announced as soon as there is one',
};

/** One sentence: what is in the way, and what to do. The same for the same obstacle, whichever protocol meets it. */
export function obstacleText(obstacle: {
  readonly reason: ObstacleReason | BgpObstacleReason;
  readonly message: string;
}): string {
  return `${obstacle.message}${REMEDIES[obstacle.reason] ?? ''}`;
}
