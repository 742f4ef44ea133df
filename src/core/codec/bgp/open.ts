import { type ByteReader, ByteWriter, DecodeError } from '../../bytes/index.ts';
import { BgpError } from './bgp-error.ts';
import { type Capability, readCapability, writeCapability } from './capabilities.ts';
import { BGP_VERSION } from './constants.ts';
import type { OpenMessage } from './messages.ts';
import { notification } from './notification.ts';
import { ErrorCode, OpenSubcode } from './notification-codes.ts';

/** The only optional parameter that is left. @see RFC 5492 §4 */
const CAPABILITIES_PARAMETER = 2;

/** As type of the first parameter: lengths of 16 bits follow, and the length before counts for nothing. @see RFC 9072 §2 */
const EXTENDED_PARAMETERS = 255;

/**
 * Only what makes it an OPEN is looked at; whether it suits the peer is the session machine's question.
 * @throws BgpError 2/1 with the version that we speak, 2/4, 2/0
 * @see RFC 4271 §6.2
 */
export function readOpen(reader: ByteReader): OpenMessage {
  const version = reader.u8('version');
  if (version !== BGP_VERSION) throw unsupportedVersion(version);
  const myAs = reader.u16('my AS');
  const holdTimeSeconds = reader.u16('hold time');
  const identifier = reader.u32('BGP identifier');
  try {
    return { kind: 'open', myAs, holdTimeSeconds, identifier, capabilities: readParameters(reader) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new BgpError(
      notification(ErrorCode.open, OpenSubcode.unspecific),
      `an OPEN whose optional parameters cannot be read: ${error.message}`,
    );
  }
}

export function writeOpen(writer: ByteWriter, message: OpenMessage): void {
  writer.u8(BGP_VERSION).u16(message.myAs).u16(message.holdTimeSeconds).u32(message.identifier);
  const capabilities = new ByteWriter();
  for (const capability of message.capabilities) writeCapability(capabilities, capability);
  const { length } = capabilities;
  if (length === 0) writer.u8(0);
  else if (length + 2 < EXTENDED_PARAMETERS)
    writer
      .u8(length + 2)
      .u8(CAPABILITIES_PARAMETER)
      .u8(length);
  else
    writer
      .u8(EXTENDED_PARAMETERS)
      .u8(EXTENDED_PARAMETERS)
      .u16(length + 3)
      .u8(CAPABILITIES_PARAMETER)
      .u16(length);
  writer.bytes(capabilities.finish());
}

function readParameters(reader: ByteReader): Capability[] {
  let length = reader.u8('optional parameters length');
  const isExtended = length > 0 && reader.peekU8() === EXTENDED_PARAMETERS;
  if (isExtended) {
    reader.u8('extended parameters');
    length = reader.u16('extended parameters length');
  }
  const parameters = reader.sub(length, 'optional parameters');
  reader.expectEnd('OPEN');
  const capabilities: Capability[] = [];
  while (parameters.remaining > 0) {
    const type = parameters.u8('parameter type');
    const parameterLength = isExtended ? parameters.u16('parameter length') : parameters.u8('parameter length');
    const body = parameters.sub(parameterLength, 'parameter');
    if (type !== CAPABILITIES_PARAMETER) throw unsupportedParameter(type);
    while (body.remaining > 0) capabilities.push(readCapability(body));
  }
  return capabilities;
}

function unsupportedVersion(version: number): BgpError {
  return new BgpError(
    notification(ErrorCode.open, OpenSubcode.unsupportedVersion, new ByteWriter(2).u16(BGP_VERSION).finish()),
    `an OPEN of BGP version ${version}; we speak ${BGP_VERSION}`,
  );
}

function unsupportedParameter(type: number): BgpError {
  return new BgpError(
    notification(ErrorCode.open, OpenSubcode.unsupportedParameter),
    `an OPEN with an optional parameter of type ${type}; we know only capabilities (${CAPABILITIES_PARAMETER})`,
  );
}
