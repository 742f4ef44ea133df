import type { MethodDefinition } from '@grpc/grpc-js';
import { messageOf } from '../../ports/error-message.ts';
import { type ControllerFrame, controllerFrameFromWire, controllerFrameToWire } from './controller-frames.ts';
import { speakerServiceDefinition } from './schema.ts';
import { type SpeakerFrame, speakerFrameFromWire, speakerFrameToWire } from './speaker-frames.ts';
import type { MalformedFrame } from './wire-values.ts';

/** No message is larger; a snapshot is cut into several. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

const wire = speakerServiceDefinition.Session;
if (wire === undefined) throw new Error('the contract has no method Session');

/**
 * The Session method with our own frames in place of protobuf objects. Reading never throws, because grpc-js would then end
 * the stream with a status of its own: what cannot be read is a frame of kind `malformed`.
 */
export const sessionMethod: MethodDefinition<SpeakerFrame | MalformedFrame, ControllerFrame | MalformedFrame> = {
  path: wire.path,
  requestStream: true,
  responseStream: true,
  requestSerialize: (frame) => wire.requestSerialize(speakerFrameToWire(frame)),
  requestDeserialize: (bytes) => readOr(() => speakerFrameFromWire(wire.requestDeserialize(bytes))),
  responseSerialize: (frame) => wire.responseSerialize(controllerFrameToWire(frame)),
  responseDeserialize: (bytes) => readOr(() => controllerFrameFromWire(wire.responseDeserialize(bytes))),
};

function readOr<Frame>(read: () => Frame): Frame | MalformedFrame {
  try {
    return read();
  } catch (error) {
    return { kind: 'malformed', reason: messageOf(error) };
  }
}
