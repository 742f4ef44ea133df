import type { ByteReader, ByteWriter } from '../../bytes/index.ts';
import { BgpError } from './bgp-error.ts';
import { HEADER_LENGTH, MessageType } from './constants.ts';
import type { SessionContext } from './context.ts';
import { badLength, badType } from './header.ts';
import type { RouteRefreshMessage } from './messages.ts';
import { notification } from './notification.ts';
import { ErrorCode, RouteRefreshSubcode } from './notification-codes.ts';

const BODY_LENGTH = 4;

/**
 * @param octets the whole message, which is the data of the error about its length
 * @throws BgpError 1/3 when we did not offer it; 7/1, or 1/2 without enhanced refresh, for a wrong length
 * @see RFC 2918 §3, RFC 7313 §5
 */
export function readRouteRefresh(reader: ByteReader, octets: Uint8Array, context: SessionContext): RouteRefreshMessage {
  if (!context.routeRefresh) throw badType(MessageType.routeRefresh);
  if (reader.remaining !== BODY_LENGTH) {
    if (!context.enhancedRouteRefresh) throw badLength(octets.length);
    throw new BgpError(
      notification(ErrorCode.routeRefresh, RouteRefreshSubcode.invalidLength, octets.slice()),
      `a ROUTE-REFRESH of ${octets.length} octets, which has ${HEADER_LENGTH + BODY_LENGTH}`,
    );
  }
  const afi = reader.u16('AFI');
  const subtype = reader.u8('subtype');
  return { kind: 'routeRefresh', afi, subtype, safi: reader.u8('SAFI') };
}

export function writeRouteRefresh(writer: ByteWriter, { afi, subtype, safi }: RouteRefreshMessage): void {
  writer.u16(afi).u8(subtype).u8(safi);
}
