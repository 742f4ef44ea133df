/** "HERA": whatever else is sent to the port is not for us. */
export const MAGIC = 0x4845_5241;
export const VERSION = 1;

/** An IPv6 path carries this without fragments: 1,280 octets less the headers of IPv6 and UDP. @see RFC 8200 §5 */
export const MAX_HELLO_LENGTH = 1280 - 40 - 8;

/** So many hellos an echo names, of the newest one back. */
export const ECHO_WINDOW = 32;

/** HMAC-SHA256. @see RFC 2104 */
export const AUTHENTICATOR_LENGTH = 32;

/** The other bits are ignored. */
export const HelloFlag = { leaving: 0x01, starting: 0x04, resync: 0x08, alone: 0x10 } as const;

/** Longest DNS subdomain, which is what a node name is. @see RFC 1123 */
export const MAX_NODE_NAME_LENGTH = 253;
/** IFNAMSIZ of Linux less its closing zero. */
export const MAX_INTERFACE_NAME_LENGTH = 15;
export const MAX_INTERFACES = 16;
export const MAX_HEARD = 64;

export const MIN_INTERVAL_MS = 10;
export const MAX_INTERVAL_MS = 10_000;

/** The rank of who is not among the candidates. */
export const UNRANKED = 255;
