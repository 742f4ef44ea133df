import { expect, test } from 'vitest';
import { describeRequest, formatResourcePath } from '../../../../src/adapters/kube/http/resource-path.ts';
import { errorFromStatus } from '../../../../src/adapters/kube/http/status-error.ts';

const status = (reason: string, message: string) => JSON.stringify({ kind: 'Status', reason, message });

test.each([
  [401, status('Unauthorized', 'Unauthorized'), 'unauthorized'],
  [403, status('Forbidden', 'no'), 'forbidden'],
  [404, status('NotFound', 'no'), 'not-found'],
  [409, status('Conflict', 'no'), 'conflict'],
  [409, status('AlreadyExists', 'no'), 'already-exists'],
  [410, status('Expired', 'no'), 'gone'],
  [422, status('Invalid', 'no'), 'invalid'],
  [400, status('BadRequest', 'no'), 'invalid'],
  [408, '', 'unavailable'],
  [429, status('TooManyRequests', 'no'), 'throttled'],
  [500, 'not json', 'unavailable'],
  [503, '', 'unavailable'],
])('an answer %d %s means %s', (code, body, kind) => {
  expect(errorFromStatus('get pods', code, body)).toMatchObject({ kind, status: code });
});

test('a refusal is one line that names verb and resource', () => {
  const error = errorFromStatus('patch services/status a/b', 403, status('Forbidden', 'services "b" is\nforbidden'));
  expect(error.message).toBe('patch services/status a/b: not allowed (403): services "b" is forbidden');
});

test('the server says when to come back, in a header or in its answer', () => {
  expect(errorFromStatus('x', 429, '', '3').retryAfterMs).toBe(3_000);
  expect(errorFromStatus('x', 429, JSON.stringify({ details: { retryAfterSeconds: 2 } })).retryAfterMs).toBe(2_000);
  expect(errorFromStatus('x', 429, '', 'soon').retryAfterMs).toBeUndefined();
  // More than a timer of Node can count would be no pause at all.
  expect(errorFromStatus('x', 503, '', '99999999').retryAfterMs).toBe(60_000);
});

test.each([
  [{ type: { group: '', version: 'v1', plural: 'nodes' } }, '/api/v1/nodes', 'list nodes'],
  [
    { type: { group: '', version: 'v1', plural: 'services' }, namespace: 'a', name: 'b', subresource: 'status' },
    '/api/v1/namespaces/a/services/b/status',
    'list services/status a/b',
  ],
  [
    { type: { group: 'metallb.io', version: 'v1beta1', plural: 'x' } },
    '/apis/metallb.io/v1beta1/x',
    'list x.metallb.io',
  ],
  [{ type: { group: 'metallb.io', version: 'v1beta1', plural: '' } }, '/apis/metallb.io/v1beta1', 'list .metallb.io'],
])('%j is at %s', (path, url, description) => {
  expect(formatResourcePath(path)).toBe(url);
  expect(describeRequest('list', path)).toBe(description);
});
