import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from '../access/user.ts';
import type { Verb } from '../resource.ts';
import type { WriteOptions } from '../writes.ts';
import { fieldValidation } from './field-validation.ts';
import type { ResourceRequest } from './request.ts';

/** A request that may be carried out, and what its answer is written to. */
export interface Exchange {
  readonly request: ResourceRequest;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly user: User;
  /** Whether the user may do something else with the same object. @throws StatusError 403 */
  readonly mustAllow: (verb: Verb) => void;
  /** Resets the connection (RFC 9293 RST), as a server that is killed. */
  readonly reset: () => void;
}

/** How the request wants its write done. */
export function writeOptions({ request, incoming, response }: Exchange): WriteOptions {
  const agent = (incoming.headers['user-agent'] ?? '').split('/')[0] ?? '';
  const manager = request.query.get('fieldManager') ?? (agent === '' ? 'unknown' : agent);
  const checkFields = fieldValidation(request.query, response);
  return {
    dryRun: request.query.get('dryRun') === 'All',
    manager,
    ...(checkFields === undefined ? {} : { checkFields }),
  };
}
