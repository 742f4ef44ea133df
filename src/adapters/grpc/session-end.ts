import { status } from '@grpc/grpc-js';
import type { SessionEnd } from '../../ports/channel.ts';

/** The gRPC status of each end of a session, as the proto file says it. */
const STATUS: Readonly<Record<SessionEnd, status>> = {
  unauthenticated: status.UNAUTHENTICATED,
  'permission-denied': status.PERMISSION_DENIED,
  unverifiable: status.UNAVAILABLE,
  'not-leader': status.UNAVAILABLE,
  'already-connected': status.ALREADY_EXISTS,
  replaced: status.ABORTED,
  'protocol-error': status.INVALID_ARGUMENT,
  silent: status.DEADLINE_EXCEEDED,
  'too-slow': status.RESOURCE_EXHAUSTED,
  'shutting-down': status.UNAVAILABLE,
  transport: status.UNAVAILABLE,
};

/** The word comes first, so that the far end need not guess it from the status. */
export function statusOf(end: SessionEnd, detail: string): { readonly code: status; readonly details: string } {
  return { code: STATUS[end], details: `${end}: ${detail}` };
}

/** What the far end said, or `transport` when it said nothing. */
export function sessionEndOf(details: string): SessionEnd {
  const word = details.split(':', 1)[0] ?? '';
  return Object.hasOwn(STATUS, word) ? (word as SessionEnd) : 'transport';
}
