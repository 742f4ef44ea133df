import type { ServerResponse } from 'node:http';
import { isArray, isObject, type Json } from '../json.ts';
import { badRequest } from '../status-error.ts';

/** What happens to members that the kind does not have: kubectl asks for `Strict`, everybody else is warned. */
export function fieldValidation(
  query: URLSearchParams,
  response: ServerResponse,
): ((sent: Json, decoded: Json) => void) | undefined {
  const mode = query.get('fieldValidation') ?? 'Warn';
  if (mode === 'Ignore') return undefined;
  return (sent, decoded) => {
    const unknown = droppedMembers(sent, decoded, '').map((path) => `unknown field "${path}"`);
    if (unknown.length === 0) return;
    if (mode === 'Strict') throw badRequest(`strict decoding error: ${unknown.join(', ')}`);
    response.setHeader(
      'warning',
      unknown.map((text) => `299 - ${JSON.stringify(text)}`),
    );
  };
}

/** Members that were sent with a value and are not there any more after decoding. */
function droppedMembers(sent: Json, decoded: Json | undefined, path: string): string[] {
  if (isArray(sent)) {
    return isArray(decoded) ? sent.flatMap((item, at) => droppedMembers(item, decoded[at], `${path}[${at}]`)) : [];
  }
  if (!isObject(sent) || !isObject(decoded)) return [];
  return Object.entries(sent).flatMap(([member, value]) => {
    const below = path === '' ? member : `${path}.${member}`;
    if (value === undefined || isEmpty(value) || SERVER_MEMBERS.includes(below)) return [];
    if (decoded[member] === undefined) return [below];
    return droppedMembers(value, decoded[member], below);
  });
}

/** Left out because they say nothing, or turned into something else: not unknown. */
const SERVER_MEMBERS = ['stringData', 'metadata', 'status', 'spec.sessionAffinityConfig'];

function isEmpty(value: Json): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
