import type { IpAddress } from '../core/net/index.ts';

/** What the kernel of this node knows of its own addresses and its links, asked when it is needed. */
export interface NodeAddresses {
  /** The address that the kernel would speak from to reach another one; undefined when there is no way there. */
  sourceFor(remote: IpAddress, interfaceName?: string): IpAddress | undefined;
  /** All addresses of the interface that holds this one, itself included; none when no interface does. */
  beside(address: IpAddress): readonly IpAddress[];
  /** Whether an address is of a subnet of one of this node's interfaces. */
  isOnLink(address: IpAddress): boolean;
}
