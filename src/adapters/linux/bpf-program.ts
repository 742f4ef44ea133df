/** Classic BPF operation codes. @see linux/bpf_common.h */
export const Operation = {
  loadByte: 0x30,
  loadHalf: 0x28,
  loadWord: 0x20,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  return: 0x06,
} as const;

/** SKF_AD_OFF + SKF_AD_PKTTYPE: how the kernel classed the frame. @see linux/filter.h */
export const PACKET_TYPE = 0xffff_f004;
export const PACKET_MULTICAST = 2;

/** SKF_NET_OFF: offsets from here are in the network header. @see linux/filter.h */
export const NETWORK_HEADER = 0xfff0_0000;

const INSTRUCTION_LENGTH = 8;

/** Jumps name the number of the instruction to go on with. */
export type Instruction = readonly [code: number, value: number, jumpTrue?: number, jumpFalse?: number];

/** The program as an array of `struct sock_filter`, in the byte order of the machine (little-endian on all we run on). */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_LENGTH);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, value, jumpTrue, jumpFalse]] of program.entries()) {
    const at = index * INSTRUCTION_LENGTH;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jumpTrue === undefined ? 0 : jumpTrue - index - 1);
    view.setUint8(at + 3, jumpFalse === undefined ? 0 : jumpFalse - index - 1);
    view.setUint32(at + 4, value, true);
  }
  return bytes;
}
