import { assemble, type Instruction, Operation, PACKET_MULTICAST, PACKET_TYPE } from './bpf-program.ts';

/** Octets that a frame is cut to: more than the options of any host need, but for those that sign their messages (RFC 3971). */
const SNAP_LENGTH = 512;

const ACCEPT = 11;
const REJECT = 12;

/**
 * Lets through Neighbor Solicitations and Advertisements of this link without extension headers, and nothing else of IPv6. The
 * packet type comes first for the same reason as in the ARP filter. Targets are looked up by the program: a node may announce
 * more of them than jumps can reach.
 */
const NDP_PROGRAM: readonly Instruction[] = [
  [Operation.loadByte, PACKET_TYPE],
  [Operation.jumpGreater, PACKET_MULTICAST, REJECT, 2],
  [Operation.loadHalf, 12],
  [Operation.jumpEqual, 0x86dd, 4, REJECT],
  [Operation.loadByte, 20],
  [Operation.jumpEqual, 58, 6, REJECT],
  [Operation.loadByte, 21],
  [Operation.jumpEqual, 255, 8, REJECT],
  [Operation.loadByte, 54],
  [Operation.jumpEqual, 135, ACCEPT, 10],
  [Operation.jumpEqual, 136, ACCEPT, REJECT],
  [Operation.return, SNAP_LENGTH],
  [Operation.return, 0],
];

/** @see assemble */
export function ndpFilter(): Uint8Array {
  return assemble(NDP_PROGRAM);
}
