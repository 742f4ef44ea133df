/** Classic BPF operation codes. @see linux/bpf_common.h */
const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const RETURN = 0x06;

/** SKF_AD_OFF + SKF_AD_PKTTYPE: how the kernel classed the frame. @see linux/filter.h */
const PACKET_TYPE = 0xffff_f004;
const PACKET_MULTICAST = 2;

/** Octets that a frame is cut to: more than an ARP packet needs. */
const SNAP_LENGTH = 64;

const INSTRUCTION_LENGTH = 8;

type Instruction = readonly [code: number, value: number, jumpTrue?: number, jumpFalse?: number];

/** Where the program ends: by absolute number of the instruction, as jumps are written below. */
const ACCEPT = 11;
const REJECT = 12;

/**
 * Lets through ARP requests and replies for Ethernet and IPv4 that are meant for this station. The packet type is looked at
 * first: the kernel has removed a foreign VLAN tag by now, and a frame of another VLAN shows only by being for another host.
 * Frames that end right after ar$op pass too, so the decoder has to check the length.
 */
const ARP_PROGRAM: readonly Instruction[] = [
  [LOAD_BYTE, PACKET_TYPE],
  [JUMP_GREATER, PACKET_MULTICAST, REJECT, 2],
  [LOAD_HALF, 12],
  [JUMP_EQUAL, 0x0806, 4, REJECT],
  [LOAD_WORD, 14],
  [JUMP_EQUAL, 0x0001_0800, 6, REJECT],
  [LOAD_HALF, 18],
  [JUMP_EQUAL, 0x0604, 8, REJECT],
  [LOAD_HALF, 20],
  [JUMP_EQUAL, 1, ACCEPT, 10],
  [JUMP_EQUAL, 2, ACCEPT, REJECT],
  [RETURN, SNAP_LENGTH],
  [RETURN, 0],
];

/** The program as an array of `struct sock_filter`, in the byte order of the machine (little-endian on all we run on). */
export function arpFilter(): Uint8Array {
  const bytes = new Uint8Array(ARP_PROGRAM.length * INSTRUCTION_LENGTH);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, value, jumpTrue, jumpFalse]] of ARP_PROGRAM.entries()) {
    const at = index * INSTRUCTION_LENGTH;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jumpTrue === undefined ? 0 : jumpTrue - index - 1);
    view.setUint8(at + 3, jumpFalse === undefined ? 0 : jumpFalse - index - 1);
    view.setUint32(at + 4, value, true);
  }
  return bytes;
}
