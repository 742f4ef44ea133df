/** The octets that hexadecimal digits name; blanks are for the reader. */
export function octets(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A BGP message, given without its marker: `0013 04` is a KEEPALIVE. */
export function bgpOctets(hex: string): Uint8Array {
  return octets('ff'.repeat(16) + hex);
}

/** Marker, length and type in front of a body. */
export function framed(type: number, body: string): Uint8Array {
  const length = 19 + octets(body).length;
  return bgpOctets(`${length.toString(16).padStart(4, '0')}${type.toString(16).padStart(2, '0')}${body}`);
}

/** An UPDATE of its three parts. */
export function updateOctets(parts: { withdrawn?: string; attributes?: string; nlri?: string }): Uint8Array {
  const { withdrawn = '', attributes = '', nlri = '' } = parts;
  return framed(2, `${sized(withdrawn)}${sized(attributes)}${nlri}`);
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function sized(hex: string): string {
  return octets(hex).length.toString(16).padStart(4, '0') + hex;
}
