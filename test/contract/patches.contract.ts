import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { JSON_PATCH, MERGE_PATCH, refusal, STRATEGIC_MERGE_PATCH } from './support/contract-client.ts';

/** The four kinds of patches. */
export function patchContract(subject: () => Subject): void {
  let namespace = '';
  let maps = '';
  let count = 0;
  beforeAll(async () => {
    namespace = await subject().admin.namespace('patches');
    maps = `/api/v1/namespaces/${namespace}/configmaps`;
  });
  /** A fresh object, and the path to it. */
  const fresh = async (rest: ApiObject): Promise<string> => {
    count += 1;
    const name = `patched-${count}`;
    await subject().admin.mustCreate(maps, { ...rest, metadata: { ...rest.metadata, name } });
    return `${maps}/${name}`;
  };

  describe('a JSON merge patch', () => {
    it('replaces, adds and takes away members (RFC 7396)', async () => {
      const path = await fresh({ data: { a: '1', b: '2' } });
      const { body } = await subject().admin.patch(path, MERGE_PATCH, { data: { a: null, b: '3', c: '4' } });
      expect(body.data).toEqual({ b: '3', c: '4' });
    });

    it('replaces a list as a whole', async () => {
      const path = await fresh({ metadata: { finalizers: ['a.io/one', 'b.io/two'] } });
      const { body } = await subject().admin.patch(path, MERGE_PATCH, { metadata: { finalizers: ['c.io/three'] } });
      expect(body.metadata.finalizers).toEqual(['c.io/three']);
    });
  });

  describe('a JSON patch', () => {
    it('applies its operations in order (RFC 6902)', async () => {
      const path = await fresh({ data: { a: '1', b: '2' } });
      const { body } = await subject().admin.patch(path, JSON_PATCH, [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'copy', from: '/data/a', path: '/data/c' },
        { op: 'replace', path: '/data/a', value: '9' },
        { op: 'remove', path: '/data/b' },
        { op: 'add', path: '/metadata/annotations', value: { 'a.io/b': 'c' } },
      ]);
      expect(body.data).toEqual({ a: '9', c: '1' });
    });

    it('reaches members with slashes by ~1 (RFC 6901 §4)', async () => {
      const path = await fresh({ metadata: { annotations: { 'a.io/b': 'c' } } });
      const change = [{ op: 'replace', path: '/metadata/annotations/a.io~1b', value: 'd' }];
      const { body } = await subject().admin.patch(path, JSON_PATCH, change);
      expect(body.metadata.annotations).toEqual({ 'a.io/b': 'd' });
    });

    it('whose test fails changes nothing', async () => {
      const path = await fresh({ data: { a: '1' } });
      const answer = await subject().admin.patch(path, JSON_PATCH, [
        { op: 'replace', path: '/data/a', value: '2' },
        { op: 'test', path: '/data/a', value: '1' },
      ]);
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid' });
      expect((await subject().admin.get(path)).body.data).toEqual({ a: '1' });
    });

    it('that removes what is not there is refused', async () => {
      const path = await fresh({ data: { a: '1' } });
      const answer = await subject().admin.patch(path, JSON_PATCH, [{ op: 'remove', path: '/data/z' }]);
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid' });
    });

    it('that is no array is refused', async () => {
      const path = await fresh({});
      expect(refusal(await subject().admin.patch(path, JSON_PATCH, { op: 'remove' }))).toEqual({
        code: 400,
        reason: 'BadRequest',
      });
    });
  });

  describe('a patch of no known media type', () => {
    it('is refused', async () => {
      const path = await fresh({});
      const answer = await subject().admin.patch(path, 'application/json', {});
      expect(refusal(answer)).toEqual({ code: 415, reason: 'UnsupportedMediaType' });
    });
  });

  describe('a strategic merge patch', () => {
    it.each(finalizerPatches())('of finalizers $before with $patch leaves $after', async ({ before, patch, after }) => {
      const path = await fresh({ metadata: { finalizers: before.map(inDomain) } });
      const change = Object.fromEntries(Object.entries(patch).map(([name, items]) => [name, items.map(inDomain)]));
      const { body } = await subject().admin.patch(path, STRATEGIC_MERGE_PATCH, { metadata: change });
      expect((body.metadata.finalizers ?? []).map((name: string) => name.replace('x.io/', ''))).toEqual(after);
    });

    it('whose list is not in the order that it asks for is refused', async () => {
      const path = await fresh({ metadata: { finalizers: ['x.io/a'] } });
      const metadata = { finalizers: ['x.io/b'], '$setElementOrder/finalizers': ['x.io/a'] };
      const answer = await subject().admin.patch(path, STRATEGIC_MERGE_PATCH, { metadata });
      expect(refusal(answer)).toEqual({ code: 500 });
    });

    it('replaces an object under $patch: replace', async () => {
      const path = await fresh({ data: { a: '1', b: '2' } });
      const { body } = await subject().admin.patch(path, STRATEGIC_MERGE_PATCH, {
        data: { $patch: 'replace', c: '3' },
      });
      expect(body.data).toEqual({ c: '3' });
    });
  });

  describe('a strategic merge patch of a status', () => {
    const condition = (type: string, status: string): ApiObject => ({
      type,
      status,
      reason: 'Test',
      message: '',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    });

    it('merges conditions by type', async () => {
      const { admin } = subject();
      const services = `/api/v1/namespaces/${namespace}/services`;
      await admin.mustCreate(services, { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } });
      const status = `${services}/web/status`;
      const send = (conditions: readonly ApiObject[]) =>
        admin.patch(status, STRATEGIC_MERGE_PATCH, { status: { conditions } });
      await send([condition('A', 'True'), condition('B', 'True')]);
      const second = await send([condition('B', 'False'), condition('C', 'True')]);
      const told = (body: ApiObject) =>
        body.status.conditions.map((one: ApiObject) => `${one.type}=${one.status}`).sort();
      expect(told(second.body)).toEqual(['A=True', 'B=False', 'C=True']);
      const third = await send([{ type: 'A', $patch: 'delete' }]);
      expect(told(third.body)).toEqual(['B=False', 'C=True']);
    });

    it('merges addresses of a Node by type, and leaves its spec alone', async () => {
      const { admin } = subject();
      await admin.mustCreate('/api/v1/nodes', { metadata: { name: namespace } });
      const path = `/api/v1/nodes/${namespace}/status`;
      const one = { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] };
      await admin.patch(path, STRATEGIC_MERGE_PATCH, { status: one });
      const two = { addresses: [{ type: 'Hostname', address: 'h' }] };
      const change = { status: two, spec: { unschedulable: true } };
      const { body } = await admin.patch(path, STRATEGIC_MERGE_PATCH, change);
      expect(body.status.addresses).toEqual(expect.arrayContaining([...one.addresses, ...two.addresses]));
      expect(body.spec.unschedulable).toBeUndefined();
    });
  });
}

function inDomain(name: string): string {
  return `x.io/${name}`;
}

/** Observed on kube-apiserver 1.34.4. */
function finalizerPatches() {
  const order = '$setElementOrder/finalizers';
  const gone = '$deleteFromPrimitiveList/finalizers';
  const rows: [before: string, patch: Record<string, string>, after: string][] = [
    ['a', { finalizers: 'b' }, 'ba'],
    ['ab', { finalizers: 'cb' }, 'cab'],
    ['abc', { finalizers: 'ca' }, 'bca'],
    ['ab', { finalizers: 'c', [order]: 'abc' }, 'abc'],
    ['ab', { finalizers: 'c', [order]: 'cab' }, 'cab'],
    ['ab', { finalizers: 'c', [order]: 'ac' }, 'acb'],
    ['abd', { finalizers: 'c', [order]: 'cd' }, 'cabd'],
    ['abc', { [order]: 'cb' }, 'acb'],
    ['abc', { [gone]: 'b', [order]: 'ca' }, 'ca'],
    ['abc', { [gone]: 'abc' }, ''],
    ['abc', { [gone]: 'a', finalizers: 'd' }, 'dbc'],
  ];
  return rows.map(([before, patch, after]) => ({
    before: [...before],
    patch: Object.fromEntries(Object.entries(patch).map(([name, items]) => [name, [...items]])),
    after: [...after],
  }));
}
