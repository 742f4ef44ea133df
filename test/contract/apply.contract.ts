import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import { eventually } from '../support/eventually.ts';
import type { Subject } from './contract.ts';
import { type Answer, APPLY_PATCH, MERGE_PATCH, refusal } from './support/contract-client.ts';
import { widgetDefinition } from './support/widget-definition.ts';

/** Server-side apply: ownership of fields. */
export function applyContract(subject: () => Subject): void {
  const apply = (path: string, body: ApiObject, manager: string, force = false): Promise<Answer> => {
    const query = `fieldManager=${manager}${force ? '&force=true' : ''}`;
    return subject().admin.patch(`${path}?${query}`, APPLY_PATCH, body);
  };
  let namespace = '';
  beforeAll(async () => {
    namespace = await subject().admin.namespace('applied');
  });

  describe('a server-side apply', () => {
    let count = 0;
    /** A path to an object that does not exist yet, and the object of these data. */
    const fresh = () => {
      count += 1;
      const name = `map-${count}`;
      const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
      const map = (data: ApiObject, metadata: ApiObject = {}): ApiObject => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, ...metadata },
        ...(Object.keys(data).length === 0 ? {} : { data }),
      });
      return { path, map };
    };
    const owners = (answer: Answer): string[] =>
      answer.body.metadata.managedFields.map((one: ApiObject) => `${one.manager} ${one.operation}`).sort();

    it('creates what is not there, and changes what is', async () => {
      const { path, map } = fresh();
      const first = await apply(path, map({ a: '1' }), 'one');
      expect({ code: first.code, data: first.body.data }).toEqual({ code: 201, data: { a: '1' } });
      expect(owners(first)).toEqual(['one Apply']);
      expect(first.body.metadata.managedFields[0]).toMatchObject({
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      });
      const second = await apply(path, map({ a: '2' }), 'one');
      expect({ code: second.code, data: second.body.data }).toEqual({ code: 200, data: { a: '2' } });
    });

    it('twice changes nothing', async () => {
      const { path, map } = fresh();
      const first = await apply(path, map({ a: '1' }), 'one');
      const second = await apply(path, map({ a: '1' }), 'one');
      expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    });

    it('takes away what its manager once applied, but nothing of others', async () => {
      const { path, map } = fresh();
      await apply(path, map({ a: '1', b: '1' }, { labels: { x: '1' } }), 'one');
      await apply(path, map({ b: '1', c: '1' }), 'two');
      const { body } = await apply(path, map({}), 'one');
      expect(body.data).toEqual({ b: '1', c: '1' });
      expect(body.metadata).not.toHaveProperty('labels');
    });

    it('is a conflict where another applied something else, unless it is forced', async () => {
      const { path, map } = fresh();
      await apply(path, map({ a: '1' }), 'one');
      const answer = await apply(path, map({ a: '2' }), 'two');
      expect(refusal(answer)).toEqual({ code: 409, reason: 'Conflict', causes: ['.data.a FieldManagerConflict'] });
      expect(answer.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
      expect((await apply(path, map({ a: '2' }), 'two', true)).body.data).toEqual({ a: '2' });
      const { body } = await apply(path, map({}), 'one');
      expect(body.data).toEqual({ a: '2' });
    });

    it('is a conflict where an update wrote something else', async () => {
      const { path, map } = fresh();
      await apply(path, map({ a: '1' }), 'one');
      await subject().admin.patch(`${path}?fieldManager=editor`, MERGE_PATCH, { data: { a: '2' } });
      const answer = await apply(path, map({ a: '3' }), 'one');
      expect(answer.body.message).toBe('Apply failed with 1 conflict: conflict with "editor" using v1: .data.a');
      expect(owners(await apply(path, map({ a: '2' }), 'one'))).toEqual(['editor Update', 'one Apply']);
    });

    it('merges finalizers as a set and ports by their keys', async () => {
      const { path, map } = fresh();
      await apply(path, map({}, { finalizers: ['a.io/one'] }), 'one');
      const both = await apply(path, map({}, { finalizers: ['b.io/two'] }), 'two');
      expect([...both.body.metadata.finalizers].sort()).toEqual(['a.io/one', 'b.io/two']);
      expect((await apply(path, map({}), 'one')).body.metadata.finalizers).toEqual(['b.io/two']);

      const service = (ports: readonly ApiObject[]): ApiObject => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { ports },
      });
      const web = `/api/v1/namespaces/${namespace}/services/web`;
      await apply(web, service([{ port: 80, name: 'a' }]), 'one');
      const { body } = await apply(web, service([{ port: 81, name: 'b' }]), 'two');
      expect(body.spec.ports.map((port: ApiObject) => port.name).sort()).toEqual(['a', 'b']);
    });

    it.each([
      { title: 'names no manager', query: '', change: {}, code: 422, reason: 'Invalid' },
      {
        title: 'is of another kind',
        query: 'fieldManager=a',
        change: { kind: 'Secret' },
        code: 400,
        reason: 'BadRequest',
      },
      {
        title: 'brings managedFields',
        query: 'fieldManager=a',
        change: { metadata: { managedFields: [{ manager: 'b' }] } },
        code: 400,
        reason: 'BadRequest',
      },
      {
        title: 'names another object',
        query: 'fieldManager=a',
        change: { metadata: { name: 'another' } },
        code: 400,
        reason: 'BadRequest',
      },
    ])('that $title is refused', async ({ query, change, code, reason }) => {
      const { path, map } = fresh();
      await apply(path, map({}), 'one');
      const wanted = { ...map({ a: '1' }), ...change };
      const answer = await subject().admin.patch(`${path}?${query}`, APPLY_PATCH, wanted);
      expect(refusal(answer)).toMatchObject({ code, reason });
    });
  });

  describe('a server-side apply of a custom kind', () => {
    let widgets = '';
    let group = '';
    beforeAll(async () => {
      const { admin } = subject();
      group = `${namespace}.example.com`;
      widgets = `/apis/${group}/v1/namespaces/${namespace}/widgets`;
      await admin.mustCreate('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition(group));
      // The real server learns the schema a little later than the kind.
      await eventually(async () => {
        const answer = await apply(`${widgets}/probe`, widget('probe', { spec: { size: 1, on: true } }), 'probe');
        expect(answer.code).toBeLessThan(300);
      }, 20_000);
    });
    const widget = (name: string, rest: ApiObject): ApiObject => ({
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name },
      ...rest,
    });

    it('writes the status through /status, and owns it there', async () => {
      await apply(`${widgets}/a`, widget('a', { spec: { size: 1 }, status: { n: 1 } }), 'user');
      const { body } = await apply(
        `${widgets}/a/status`,
        widget('a', { spec: { size: 9 }, status: { n: 5 } }),
        'controller',
      );
      expect(body).toMatchObject({ spec: { size: 1 }, status: { n: 5 } });
      const entries: ApiObject[] = body.metadata.managedFields;
      const own = entries.find(({ manager }) => manager === 'controller');
      expect(own).toMatchObject({ operation: 'Apply', subresource: 'status', fieldsV1: { 'f:status': { 'f:n': {} } } });
      const other = await apply(`${widgets}/a/status`, widget('a', { status: { n: 6 } }), 'rival');
      expect(other.body.message).toContain('conflict with "controller" with subresource "status": .status.n');
    });

    it('merges lists as their schema says', async () => {
      const items = (...keys: readonly string[]): ApiObject[] => keys.map((k) => ({ k }));
      await apply(`${widgets}/b`, widget('b', { spec: { size: 1, items: items('x', 'y'), list: ['p'] } }), 'one');
      const { body } = await apply(`${widgets}/b`, widget('b', { spec: { items: items('z', 'x') } }), 'two');
      expect(body.spec.items.map((item: ApiObject) => item.k)).toEqual(['z', 'x', 'y']);
      const answer = await apply(`${widgets}/b`, widget('b', { spec: { list: ['q'] } }), 'two');
      expect(refusal(answer)).toEqual({ code: 409, reason: 'Conflict', causes: ['.spec.list FieldManagerConflict'] });
    });

    it.each([
      [{ size: 1, unknown: 1 }, { code: 500 }],
      [{ size: 'x' }, { code: 500 }],
      [{ size: 0 }, { code: 422, reason: 'Invalid', causes: ['spec.size FieldValueInvalid'] }],
      [{}, { code: 422, reason: 'Invalid', causes: ['spec.size FieldValueRequired'] }],
    ])('of %j is refused', async (spec, expected) => {
      expect(refusal(await apply(`${widgets}/c`, widget('c', { spec }), 'one'))).toEqual(expected);
    });
  });
}
