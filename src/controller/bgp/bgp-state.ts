import type { IpAddress } from '../../core/net/index.ts';

/** Why an address is not announced by BGP. */
export type BgpObstacleReason =
  /** The controller has just begun. */
  | 'Starting'
  /** No BGPAdvertisement selects the pool and the Service: it is not meant to be announced by BGP. */
  | 'NoAdvertisement'
  /** Two advertisements would give the route two preferences. */
  | 'ConflictingAdvertisements'
  /** No ready endpoint; with externalTrafficPolicy Local, none on a node that may announce. */
  | 'NoEndpoint'
  /** The node selectors of the advertisements match no node. */
  | 'NoMatchingNode'
  /** The nodes that match must not announce. */
  | 'NoEligibleNode'
  /** No BGPPeer is told the route from any of the nodes. */
  | 'NoPeer'
  /** None of the sessions that would tell the route is established. */
  | 'NoSession';

export interface BgpObstacle {
  readonly reason: BgpObstacleReason;
  /** One sentence for people, with names. */
  readonly message: string;
}

/** How it stands with one address of a Service. */
export interface BgpAnnouncementState {
  readonly address: IpAddress;
  /** How many nodes tell at least one router of it, by a session that is established. */
  readonly nodes: number;
  /** Names of the peers that are told of it so, sorted. */
  readonly peers: readonly string[];
  /** Present when there are none. */
  readonly obstacle?: BgpObstacle;
  /** What is not as it was asked for all the same: one sentence with names. */
  readonly warning?: string;
}
