import { beforeAll, describe, expect, it } from 'vitest';
import type { Subject } from './contract.ts';
import { MERGE_PATCH, refusal } from './support/contract-client.ts';
import { summary } from './support/open-watch.ts';

/** Watches: what they tell, from where, and how they end. */
export function watchContract(subject: () => Subject): void {
  describe('a watch', () => {
    let maps = '';
    beforeAll(async () => {
      maps = `/api/v1/namespaces/${await subject().admin.namespace('watches')}/secrets`;
    });
    const now = async (path: string): Promise<string> =>
      (await subject().admin.get(path)).body.metadata.resourceVersion;
    const place = async (): Promise<string> =>
      `/api/v1/namespaces/${await subject().admin.namespace('watched')}/secrets`;

    it('from a resourceVersion tells each change after it, in order', async () => {
      const { admin } = subject();
      using watch = await admin.watch(`${maps}?watch=true&resourceVersion=${await now(maps)}`);
      const created = await admin.mustCreate(maps, { metadata: { name: 'a' } });
      const changed = await admin.patch(`${maps}/a`, MERGE_PATCH, { metadata: { labels: { x: '1' } } });
      await admin.delete(`${maps}/a`);
      const events = await watch.until((told) => told.length >= 3);
      expect(events.map(summary)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
      expect(events[0]?.object).toEqual(created);
      expect(events[1]?.object).toEqual(changed.body);
      expect(events[2]?.object.metadata).toMatchObject({ uid: created.metadata.uid, labels: { x: '1' } });
      const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
    });

    it.each(['', '&resourceVersion=0'])('without a place to start%s tells what there is first', async (query) => {
      const { admin } = subject();
      const path = await place();
      await admin.mustCreate(path, { metadata: { name: 'a' } });
      await admin.mustCreate(path, { metadata: { name: 'b' } });
      await admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { labels: { x: '1' } } });
      using watch = await admin.watch(`${path}?watch=true${query}`);
      expect((await watch.until((told) => told.length >= 2)).map(summary).sort()).toEqual(['ADDED a', 'ADDED b']);
      await admin.mustCreate(path, { metadata: { name: 'c' } });
      expect((await watch.until((told) => told.length >= 3)).map(summary)[2]).toBe('ADDED c');
    });

    it('with a selector tells of objects that come into sight and go out of it', async () => {
      const { admin } = subject();
      const path = await place();
      const { metadata } = await admin.mustCreate(path, { metadata: { name: 'a' } });
      const from = `&resourceVersion=${metadata.resourceVersion}`;
      using watch = await admin.watch(`${path}?watch=true&labelSelector=x%3D1${from}`);
      const label = (x: string) => admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { labels: { x } } });
      await label('1');
      await admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { annotations: { y: 'z' } } });
      const left = await label('2');
      await admin.delete(`${path}/a`);
      await admin.mustCreate(path, { metadata: { name: 'b', labels: { x: '1' } } });
      const events = await watch.until((told) => told.length >= 4);
      expect(events.map(summary)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
      // It is shown as it was last seen, under the revision of the change that hid it.
      expect(events[2]?.object.metadata.labels).toEqual({ x: '1' });
      expect(events[2]?.object.metadata.resourceVersion).toBe(left.body.metadata.resourceVersion);
    });

    it('of one name tells of that one', async () => {
      const { admin } = subject();
      const path = await place();
      const { metadata } = await admin.mustCreate(path, { metadata: { name: 'a' } });
      const query = `watch=true&fieldSelector=metadata.name%3Db&resourceVersion=${metadata.resourceVersion}`;
      using watch = await admin.watch(`${path}?${query}`);
      for (const name of ['x', 'b']) await admin.mustCreate(path, { metadata: { name } });
      expect((await watch.until((told) => told.length >= 1)).map(summary)).toEqual(['ADDED b']);
    });

    it('shows an object that waits for finalizers as modified, and its end with the finalizers it had', async () => {
      const { admin } = subject();
      const path = await place();
      const { metadata } = await admin.mustCreate(path, { metadata: { name: 'a', finalizers: ['a.io/one'] } });
      using watch = await admin.watch(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`);
      await admin.delete(`${path}/a`);
      await admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { finalizers: null } });
      const events = await watch.until((told) => told.length >= 2);
      expect(events.map(summary)).toEqual(['MODIFIED a', 'DELETED a']);
      expect(events[1]?.object.metadata).toMatchObject({
        deletionTimestamp: expect.any(String),
        finalizers: ['a.io/one'],
      });
    });

    it('does not tell of an update that changes nothing', async () => {
      const { admin } = subject();
      const path = await place();
      const { metadata } = await admin.mustCreate(path, { metadata: { name: 'a', labels: { x: '1' } } });
      using watch = await admin.watch(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`);
      await admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { labels: { x: '1' } } });
      await admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { labels: { x: '2' } } });
      const events = await watch.until((told) => told.length >= 1);
      expect(events.map((event) => event.object.metadata.labels.x)).toEqual(['2']);
    });

    it('ends in good order after timeoutSeconds', async () => {
      const { admin } = subject();
      using watch = await admin.watch(`${maps}?watch=true&timeoutSeconds=1&resourceVersion=${await now(maps)}`);
      await watch.end();
      expect(watch.events).toEqual([]);
    });

    it('with sendInitialEvents says by a bookmark where the present ends', async () => {
      const { admin } = subject();
      const path = await place();
      await admin.mustCreate(path, { metadata: { name: 'a' } });
      const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      using watch = await admin.watch(`${path}?watch=true&${query}`);
      const events = await watch.until((told) => told.length >= 2);
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
      expect(events[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      expect(Number(events[1]?.object.metadata.resourceVersion)).toBeGreaterThan(0);
      expect(events[1]?.object).toMatchObject({ kind: 'Secret', apiVersion: 'v1' });
    });

    it.each([
      ['sendInitialEvents=true', 'resourceVersionMatch FieldValueForbidden'],
      ['resourceVersionMatch=NotOlderThan&resourceVersion=1', 'resourceVersionMatch FieldValueForbidden'],
    ])('with %s is refused', async (query, cause) => {
      const answer = await subject().admin.get(`${maps}?watch=true&${query}`);
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes: [cause] });
    });

    it('from a resourceVersion that is none is refused', async () => {
      expect(refusal(await subject().admin.get(`${maps}?watch=true&resourceVersion=abc`))).toEqual({ code: 500 });
    });

    it('from a forgotten resourceVersion is told 410 Expired and ends', async () => {
      const { admin, cluster } = subject();
      const path = await place();
      const { metadata } = await admin.mustCreate(path, { metadata: { name: 'a' } });
      await admin.patch(`${path}/a`, MERGE_PATCH, { metadata: { labels: { x: '1' } } });
      await cluster.forgetHistory();
      using watch = await admin.watch(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`);
      const events = await watch.until((told) => told.length >= 1);
      expect(watch.code).toBe(200);
      expect(events.map(({ type, object }) => ({ type, code: object.code, reason: object.reason }))).toEqual([
        { type: 'ERROR', code: 410, reason: 'Expired' },
      ]);
      expect(events[0]?.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
      await watch.end();
      using fresh = await admin.watch(`${path}?watch=true&resourceVersion=${await now(path)}`);
      await admin.delete(`${path}/a`);
      expect((await fresh.until((told) => told.length >= 1)).map(summary)).toEqual(['DELETED a']);
    });
  });
}
