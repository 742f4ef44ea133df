import { assemble, type Instruction, Operation, PACKET_MULTICAST, PACKET_TYPE } from './bpf-program.ts';

/** Octets that a frame is cut to: more than an ARP packet needs. */
const SNAP_LENGTH = 64;

/** Where the program ends: by absolute number of the instruction, as jumps are written below. */
const ACCEPT = 11;
const REJECT = 12;

/**
 * Lets through ARP requests and replies for Ethernet and IPv4 that are meant for this station. The packet type is looked at
 * first: the kernel has removed a foreign VLAN tag by now, and a frame of another VLAN shows only by being for another host.
 * Frames that end right after ar$op pass too, so the decoder has to check the length.
 */
const ARP_PROGRAM: readonly Instruction[] = [
  [Operation.loadByte, PACKET_TYPE],
  [Operation.jumpGreater, PACKET_MULTICAST, REJECT, 2],
  [Operation.loadHalf, 12],
  [Operation.jumpEqual, 0x0806, 4, REJECT],
  [Operation.loadWord, 14],
  [Operation.jumpEqual, 0x0001_0800, 6, REJECT],
  [Operation.loadHalf, 18],
  [Operation.jumpEqual, 0x0604, 8, REJECT],
  [Operation.loadHalf, 20],
  [Operation.jumpEqual, 1, ACCEPT, 10],
  [Operation.jumpEqual, 2, ACCEPT, REJECT],
  [Operation.return, SNAP_LENGTH],
  [Operation.return, 0],
];

/** @see assemble */
export function arpFilter(): Uint8Array {
  return assemble(ARP_PROGRAM);
}
