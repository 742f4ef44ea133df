import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedApi, startEmbeddedApi } from '../../src/lab/api/embedded-api.ts';
import { effects } from '../../src/lab/api/faults.ts';
import { eventually } from '../support/eventually.ts';
import { ContractClient } from './support/contract-client.ts';
import { summary } from './support/open-watch.ts';

/** Faults belong to the embedded API alone: what they do to requests and watches. */
describe('an injected fault', () => {
  let api: EmbeddedApi;
  let admin: ContractClient;
  beforeEach(async () => {
    api = await startEmbeddedApi();
    admin = new ContractClient({ url: api.url, ca: api.ca, token: api.adminToken });
  });
  afterEach(() => api.stop());
  const nodes = '/api/v1/nodes';

  it.each([
    { effect: effects.tooManyRequests(3), code: 429, reason: 'TooManyRequests', wait: '3' },
    { effect: effects.internalError(), code: 500, reason: 'InternalError', wait: undefined },
    { effect: effects.unavailable(), code: 503, reason: 'ServiceUnavailable', wait: undefined },
    { effect: effects.conflict(), code: 409, reason: 'Conflict', wait: undefined },
  ])('answers $code as often as it says', async ({ effect, code, reason, wait }) => {
    const fault = api.faults.inject({ match: { verbs: ['list'] }, effect, times: 2 });
    for (const _ of [1, 2]) {
      const answer = await admin.get(nodes);
      expect({ code: answer.code, reason: answer.body.reason }).toEqual({ code, reason });
      expect(answer.headers['retry-after']).toBe(wait);
    }
    expect((await admin.get(nodes)).code).toBe(200);
    expect(fault.hits).toBe(2);
  });

  it('hits only what it matches', async () => {
    const match = { verbs: ['patch'], resources: ['nodes/status'], name: 'a' } as const;
    const fault = api.faults.inject({ match, effect: effects.internalError() });
    await admin.mustCreate(nodes, { metadata: { name: 'a' } });
    await admin.mustCreate(nodes, { metadata: { name: 'b' } });
    const patch = (path: string) => admin.patch(`${nodes}/${path}`, 'application/merge-patch+json', {});
    expect((await patch('a')).code).toBe(200);
    expect((await patch('b/status')).code).toBe(200);
    expect((await patch('a/status')).code).toBe(500);
    fault.remove();
    expect((await patch('a/status')).code).toBe(200);
  });

  it('resets the connection', async () => {
    api.faults.inject({ match: {}, effect: { kind: 'reset' }, times: 1 });
    await expect(admin.get(nodes)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('carries out a write and loses the answer', async () => {
    api.faults.inject({ match: { verbs: ['create'] }, effect: { kind: 'lost-answer' }, times: 1 });
    await expect(admin.create(nodes, { metadata: { name: 'a' } })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await admin.get(`${nodes}/a`)).code).toBe(200);
  });

  it('holds an answer back, and then another fault strikes', async () => {
    api.faults.inject({ match: {}, effect: { kind: 'delay', ms: 1 }, times: 1 });
    api.faults.inject({ match: {}, effect: effects.unavailable(), times: 1 });
    expect((await admin.get(nodes)).code).toBe(503);
  });

  it('drops open watches', async () => {
    using watch = await admin.watch(`${nodes}?watch=true`);
    expect(api.faults.watchCount({ resources: ['nodes'] })).toBe(1);
    expect(api.faults.dropWatches({ resources: ['services'] })).toBe(0);
    expect(api.faults.dropWatches({ resources: ['nodes'] })).toBe(1);
    await eventually(() => expect(api.faults.watchCount()).toBe(0));
    expect(watch.ended).toBe(false);
  });

  it('stalls a watch until it is taken back', async () => {
    using watch = await admin.watch(`${nodes}?watch=true`);
    const resume = api.faults.stallWatches({ resources: ['nodes'] });
    await admin.mustCreate(nodes, { metadata: { name: 'a' } });
    expect(watch.events).toEqual([]);
    resume();
    expect((await watch.until((told) => told.length >= 1)).map(summary)).toEqual(['ADDED a']);
  });

  it('stalls watches that are opened later too', async () => {
    await admin.mustCreate(nodes, { metadata: { name: 'a' } });
    api.faults.stallWatches();
    using watch = await admin.watch(`${nodes}?watch=true`);
    api.faults.clear();
    expect((await watch.until((told) => told.length >= 1)).map(summary)).toEqual(['ADDED a']);
  });

  it('takes the whole API away and brings it back with everything in it', async () => {
    await admin.mustCreate(nodes, { metadata: { name: 'a' } });
    using watch = await admin.watch(`${nodes}?watch=true`);
    await api.outage();
    await expect(admin.get(nodes)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(watch.ended).toBe(false);
    await api.resume();
    expect((await admin.get(`${nodes}/a`)).code).toBe(200);
  });
});

describe('the history of changes', () => {
  it('is bounded: a watch from before it is told 410', async () => {
    const api = await startEmbeddedApi({ historyLimit: 10 });
    const admin = new ContractClient({ url: api.url, ca: api.ca, token: api.adminToken });
    try {
      const { metadata } = await admin.mustCreate('/api/v1/nodes', { metadata: { name: 'first' } });
      for (let count = 0; count < 25; count += 1)
        await admin.mustCreate('/api/v1/nodes', { metadata: { generateName: 'n-' } });
      using watch = await admin.watch(`/api/v1/nodes?watch=true&resourceVersion=${metadata.resourceVersion}`);
      const [event] = await watch.until((told) => told.length >= 1);
      expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    } finally {
      await api.stop();
    }
  });

  it('is marked by bookmarks', async () => {
    const api = await startEmbeddedApi({ bookmarkSeconds: 0.02 });
    const admin = new ContractClient({ url: api.url, ca: api.ca, token: api.adminToken });
    try {
      using watch = await admin.watch('/api/v1/nodes?watch=true&allowWatchBookmarks=true&resourceVersion=1');
      const { metadata } = await admin.mustCreate('/api/v1/namespaces', { metadata: { name: 'elsewhere' } });
      const reached = (version: string): boolean => Number(version) >= Number(metadata.resourceVersion);
      await watch.until((told) =>
        told.some(({ type, object }) => type === 'BOOKMARK' && reached(object.metadata.resourceVersion)),
      );
    } finally {
      await api.stop();
    }
  });
});
