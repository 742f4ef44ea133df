import type { Ipv6 } from '../core/net/index.ts';

/**
 * `joined`: the kernel listens, and tells switches by MLD. `interface-only`: the interface lets the group's frames in, but no
 * switch was told. `refused`: neither.
 */
export type JoinOutcome = 'joined' | 'interface-only' | 'refused';

/** The IPv6 multicast groups in which this program is on one interface. @see RFC 3810 */
export interface GroupMembership {
  /** Call once for each group. Never throws. */
  join(group: Ipv6): JoinOutcome;
  /** Never throws, not even when the group was not joined. */
  leave(group: Ipv6): void;
  /** Leaves all. Idempotent. */
  close(): void;
}

export interface MulticastGroups {
  on(interfaceIndex: number): GroupMembership;
}
