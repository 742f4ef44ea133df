/** What a classic BPF machine returns for a frame: how many octets of it are kept. @see linux Documentation/networking/filter.rst */
export function runBpf(program: Uint8Array, frame: Uint8Array, packetType: number): number {
  const view = new DataView(program.buffer);
  const packet = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; ) {
    const [code, value] = [view.getUint16(at * 8, true), view.getUint32(at * 8 + 4, true)];
    const jump = (taken: boolean): number => at + 1 + view.getUint8(at * 8 + (taken ? 2 : 3));
    const size = { 48: 1, 40: 2, 32: 4 }[code];
    if (size !== undefined) {
      if (value === 0xffff_f004) accumulator = packetType;
      else if (value + size > frame.length) return 0;
      else
        accumulator =
          size === 1 ? packet.getUint8(value) : size === 2 ? packet.getUint16(value) : packet.getUint32(value);
      at += 1;
    } else if (code === 0x15) at = jump(accumulator === value);
    else if (code === 0x25) at = jump(accumulator > value);
    else if (code === 0x06) return value;
    else throw new Error(`operation ${code}`);
  }
  throw new Error('the program ran over its end');
}
