import { type IpAddress, ipFromBytes, ipToBytes, ipv4FromValue, isIpv4 } from '../../core/net/index.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

/** Room for either kind. */
export const SOCKET_ADDRESS_BYTES = 28;

/** struct sockaddr_in or sockaddr_in6. @param scope index of the interface, for a link-local address @see ip(7), ipv6(7) */
export function socketAddress(address: IpAddress, port: number, scope = 0): Uint8Array {
  const name = new Uint8Array(isIpv4(address) ? 16 : 28);
  const view = new DataView(name.buffer);
  view.setUint16(0, isIpv4(address) ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  if (isIpv4(address)) {
    view.setUint32(4, address);
    return name;
  }
  name.set(ipToBytes(address), 8);
  view.setUint32(24, scope, true);
  return name;
}

/** The address, port and scope in a struct sockaddr_in or sockaddr_in6, which tells itself which of them it is. */
export function addressIn(name: Uint8Array): {
  readonly address: IpAddress;
  readonly port: number;
  readonly scope: number;
} {
  const view = new DataView(name.buffer, name.byteOffset);
  const port = view.getUint16(2);
  if (view.getUint16(0, true) === AF_INET) return { address: ipv4FromValue(view.getUint32(4)), port, scope: 0 };
  return { address: ipFromBytes(name.subarray(8, 24)), port, scope: view.getUint32(24, true) };
}

/** A C int, in the byte order of the machine (little-endian on all we run on). */
export function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
