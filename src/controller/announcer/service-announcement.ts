import type { IpAddress } from '../../core/net/index.ts';

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
}
