const SENDER_OFFSET = 7;
const RECEIVER_LENGTH = 4;
const INCARNATION_LENGTH = 6;

/**
 * The incarnation by which octets claim to be a hello, before anything of them is authenticated; undefined when they are too
 * short. Whoever did not see the neighbour's hellos cannot guess it.
 */
export function claimedIncarnation(octets: Uint8Array): number | undefined {
  const at = SENDER_OFFSET + 1 + (octets[SENDER_OFFSET] ?? 0) + RECEIVER_LENGTH;
  if (octets.length < at + INCARNATION_LENGTH) return undefined;
  let value = 0;
  for (let place = 0; place < INCARNATION_LENGTH; place += 1) value = value * 256 + (octets[at + place] ?? 0);
  return value;
}
