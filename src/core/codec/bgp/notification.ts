/**
 * Why a session ends: the last message on a connection.
 *
 *      19     20        21
 *      | code | subcode | data |
 *
 * @see RFC 4271 §4.5
 */
export interface Notification {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}
