import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { type IpAddress, isIpv4, parseIp, parsePrefix, rangeContains, rangeOf } from '../../core/net/index.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';
import type { Libc } from './libc.ts';
import { addressIn, int32, SOCKET_ADDRESS_BYTES, socketAddress } from './socket-address.ts';
import { AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM } from './socket-constants.ts';

/** Any will do: nothing is sent. */
const DISCARD_PORT = 9;

/** The addresses of this network namespace. @see getifaddrs(3) */
export class KernelAddresses implements NodeAddresses {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Asks the kernel to connect a datagram socket, for which it looks up the way and chooses the address. */
  sourceFor(remote: IpAddress, interfaceName?: string): IpAddress | undefined {
    const libc = this.#libc;
    const fd = libc.socket(isIpv4(remote) ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return undefined;
    try {
      const scope = interfaceName === undefined ? 0 : libc.interfaceIndex(interfaceName);
      const to = socketAddress(remote, DISCARD_PORT, scope);
      if (libc.connect(fd, to, to.length) < 0) return undefined;
      const name = new Uint8Array(new ArrayBuffer(SOCKET_ADDRESS_BYTES));
      return libc.getsockname(fd, name, int32(SOCKET_ADDRESS_BYTES)) < 0 ? undefined : addressIn(name).address;
    } finally {
      libc.close(fd);
    }
  }

  beside(address: IpAddress): readonly IpAddress[] {
    return besideIn(networkInterfaces(), address);
  }

  isOnLink(address: IpAddress): boolean {
    return Object.values(networkInterfaces()).some((entries) =>
      (entries ?? []).some(({ cidr }) => {
        const subnet = cidr === null ? undefined : parsePrefix(cidr);
        return subnet !== undefined && rangeContains(rangeOf(subnet), address);
      }),
    );
  }
}

/**
 * The other addresses of the interface that has `address`, itself among them, those of its subnets first: a single address is
 * often one that floats between nodes. Those of the loopback reach nobody else, and are left out.
 */
export function besideIn(interfaces: ReturnType<typeof networkInterfaces>, address: IpAddress): readonly IpAddress[] {
  for (const entries of Object.values(interfaces)) {
    const ordered = (entries ?? []).toSorted((a, b) => Number(isSingle(a)) - Number(isSingle(b)));
    const addresses = ordered.flatMap((entry) => parseIp(entry.address) ?? []);
    if (addresses.includes(address)) return addresses.filter((each) => !isLoopback(each));
  }
  return [];
}

function isSingle({ cidr, family }: NetworkInterfaceInfo): boolean {
  return cidr?.endsWith(family === 'IPv4' ? '/32' : '/128') === true;
}

/** 127.0.0.0/8 and ::1. @see RFC 1122 §3.2.1.3, RFC 4291 §2.5.3 */
function isLoopback(address: IpAddress): boolean {
  return isIpv4(address) ? address >>> 24 === 127 : address === 1n;
}
