import { assemble, type Instruction, NETWORK_HEADER, Operation } from './bpf-program.ts';

/** Where the TTL or the hop limit stands in the IP header. @see RFC 791 §3.1, RFC 8200 §3 */
const HOP_LIMIT_AT = { IPv4: 8, IPv6: 7 } as const;
const ACCEPT = 2;
const REJECT = 3;

/**
 * Lets through only what was sent on this link, before it costs this program anything. IP_MINTTL would say the same, but has no
 * effect on UDP.
 * @see RFC 5881 §5, assemble
 */
export function singleHopFilter(family: keyof typeof HOP_LIMIT_AT): Uint8Array {
  const program: readonly Instruction[] = [
    [Operation.loadByte, NETWORK_HEADER + HOP_LIMIT_AT[family]],
    [Operation.jumpEqual, 255, ACCEPT, REJECT],
    [Operation.return, 0xffff],
    [Operation.return, 0],
  ];
  return assemble(program);
}
