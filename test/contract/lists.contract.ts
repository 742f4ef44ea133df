import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { type Answer, MERGE_PATCH, refusal } from './support/contract-client.ts';

/** Lists: selectors, pages, and resourceVersions. */
export function listContract(subject: () => Subject): void {
  describe('a list', () => {
    let namespace = '';
    let maps = '';
    beforeAll(async () => {
      const { admin } = subject();
      namespace = await admin.namespace('lists');
      maps = `/api/v1/namespaces/${namespace}/configmaps`;
      const labels = { a: 'x', b: 'y', c: 'x', d: undefined };
      for (const [name, set] of Object.entries(labels)) {
        await admin.mustCreate(maps, { metadata: { name, ...(set === undefined ? {} : { labels: { set } }) } });
      }
    });
    const names = (answer: Answer): string[] =>
      answer.body.items
        .map((item: ApiObject) => String(item.metadata.name))
        .filter((name: string) => name !== 'kube-root-ca.crt');
    const list = (query: string): Promise<Answer> => subject().admin.get(`${maps}?${query}`);

    it('is in the order of names, and its items do not repeat what the list says', async () => {
      const answer = await list('');
      expect(names(answer)).toEqual(['a', 'b', 'c', 'd']);
      expect(answer.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
      expect(answer.body.items[0]).not.toHaveProperty('kind');
    });

    it.each([
      ['set=x', 'ac'],
      ['set==x', 'ac'],
      ['set!=x', 'bd'],
      ['set', 'abc'],
      ['!set', 'd'],
      ['set in (x,y)', 'abc'],
      ['set notin (x)', 'bd'],
      ['set,set!=y', 'ac'],
    ])('with labelSelector %s holds %s', async (selector, expected) => {
      expect(names(await list(`labelSelector=${encodeURIComponent(selector)}`)).join('')).toBe(expected);
    });

    it.each([
      ['metadata.name=b', 'b'],
      ['metadata.name!=b', 'acd'],
      ['metadata.name=b,metadata.namespace=elsewhere', ''],
    ])('with fieldSelector %s holds %s', async (selector, expected) => {
      expect(names(await list(`fieldSelector=${encodeURIComponent(selector)}`)).join('')).toBe(expected);
    });

    it.each([
      'labelSelector=a%20b%20c',
      'labelSelector=a%3D%3D%3Db',
      'fieldSelector=data%3Dx',
      'fieldSelector=x',
      'resourceVersion=abc',
      'continue=never',
    ])('with %s is refused', async (query) => {
      expect(refusal(await list(query))).toEqual({ code: 400, reason: 'BadRequest' });
    });

    it.each([
      ['resourceVersionMatch=Exact', 'resourceVersionMatch FieldValueForbidden'],
      ['resourceVersionMatch=Exact&resourceVersion=0', 'resourceVersionMatch FieldValueForbidden'],
      ['resourceVersionMatch=Near&resourceVersion=1', 'resourceVersionMatch FieldValueNotSupported'],
      ['sendInitialEvents=true', 'sendInitialEvents FieldValueForbidden'],
    ])('with %s is refused', async (query, cause) => {
      expect(refusal(await list(query))).toEqual({ code: 422, reason: 'Invalid', causes: [cause] });
    });

    it('of Services selects by type', async () => {
      const { admin } = subject();
      const services = `/api/v1/namespaces/${namespace}/services`;
      const ports = [{ port: 80 }];
      await admin.mustCreate(services, { metadata: { name: 'in' }, spec: { ports } });
      await admin.mustCreate(services, { metadata: { name: 'out' }, spec: { type: 'LoadBalancer', ports } });
      expect(names(await admin.get(`${services}?fieldSelector=spec.type%3DLoadBalancer`))).toEqual(['out']);
    });

    it('comes in pages that together are one moment', async () => {
      const { admin } = subject();
      const pages = `/api/v1/namespaces/${await admin.namespace('pages')}/secrets`;
      for (const name of ['a', 'b', 'c']) await admin.mustCreate(pages, { metadata: { name } });
      const first = await admin.get(`${pages}?limit=2`);
      expect(names(first)).toEqual(['a', 'b']);
      expect(first.body.metadata.remainingItemCount).toBe(1);
      await admin.mustCreate(pages, { metadata: { name: 'bb' } });
      await admin.delete(`${pages}/c`);
      const token = encodeURIComponent(first.body.metadata.continue);
      const second = await admin.get(`${pages}?limit=2&continue=${token}`);
      expect(names(second)).toEqual(['c']);
      expect(second.body.metadata.continue ?? '').toBe('');
      expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    });

    it('of an exact resourceVersion is the past', async () => {
      const { admin } = subject();
      const past = `/api/v1/namespaces/${await admin.namespace('past')}/secrets`;
      const { metadata } = await admin.mustCreate(past, { metadata: { name: 'a' } });
      await admin.patch(`${past}/a`, MERGE_PATCH, { metadata: { labels: { later: 'yes' } } });
      await admin.mustCreate(past, { metadata: { name: 'b' } });
      const query = `resourceVersionMatch=Exact&resourceVersion=${metadata.resourceVersion}`;
      const answer = await admin.get(`${past}?${query}`);
      expect(names(answer)).toEqual(['a']);
      expect(answer.body.items[0].metadata).not.toHaveProperty('labels');
      expect(names(await admin.get(`${past}?resourceVersionMatch=NotOlderThan&resourceVersion=1`))).toEqual(['a', 'b']);
    });

    it('of the future is refused', async () => {
      const answer = await list('resourceVersion=999999999');
      expect({ code: answer.code, reason: answer.body.reason }).toEqual({ code: 504, reason: 'Timeout' });
    });

    it('of all namespaces holds those of each', async () => {
      const answer = await subject().admin.get(`/api/v1/configmaps?fieldSelector=metadata.namespace%3D${namespace}`);
      expect(names(answer)).toEqual(['a', 'b', 'c', 'd']);
    });
  });
}
