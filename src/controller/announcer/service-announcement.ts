import type { IpAddress } from '../../core/net/index.ts';
import type { Ownership } from './owner-history.ts';

/** An address of a Service, with what advertisements select pools by. */
export interface AnnouncedAddress {
  readonly address: IpAddress;
  readonly poolName: string;
  readonly poolLabels: Readonly<Record<string, string>>;
}

/** What is to be announced for one Service, whole. */
export interface ServiceAnnouncement {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly addresses: readonly AnnouncedAddress[];
}

/** What the provider declares. Calling twice with the same changes nothing. */
export interface ServiceAnnouncer {
  /** `serviceKey` is `namespace/name`. Replaces what was set for it before. */
  set(serviceKey: string, announcement: ServiceAnnouncement): void;
  delete(serviceKey: string): void;
  /**
   * Every Service that had an address before this process began has been set. Until then nobody is told anything, since a
   * claim for an address that no Service was set for would be revoked.
   */
  declared(): void;
}

/** Why an address is not announced. */
export type ObstacleReason =
  /** The controller has just begun, and waits for what the speakers announce already. */
  | 'Starting'
  /** No L2Advertisement selects the pool and the Service. */
  | 'NoAdvertisement'
  /** The node selectors of the advertisements match no node. */
  | 'NoMatchingNode'
  /** No ready endpoint; with externalTrafficPolicy Local, none on a node that may announce. */
  | 'NoEndpoint'
  /** The nodes that match must not announce, or cannot. */
  | 'NoEligibleNode'
  /** It was granted, and no speaker has claimed it for ten seconds. */
  | 'Unclaimed'
  /** Another host answers for it, so no speaker may begin to. */
  | 'Conflict';

export interface Obstacle {
  readonly reason: ObstacleReason;
  /** One sentence for people, with names. */
  readonly message: string;
}

/** How it stands with one address of a Service. */
export interface AnnouncementState {
  readonly address: IpAddress;
  /** Best first; the first is to own the address. */
  readonly candidates: readonly string[];
  /** The owner says that it announces. */
  readonly claimed: boolean;
  /** Present when somebody is known to announce it. */
  readonly ownership?: Ownership;
  /** Names of the interfaces of the owner that may answer; absent: every one. */
  readonly interfaces?: readonly string[];
  /** Announces it as well: the two do not hear each other. */
  readonly rival?: string;
  /** Present when there are no candidates. */
  readonly obstacle?: Obstacle;
}
