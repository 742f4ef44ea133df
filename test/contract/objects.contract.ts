import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { type Answer, MERGE_PATCH, refusal } from './support/contract-client.ts';

/** Creating and replacing: what the server adds to an object, and what it does not take. */
export function objectContract(subject: () => Subject): void {
  describe('an object', () => {
    let maps = '';
    beforeAll(async () => {
      maps = `/api/v1/namespaces/${await subject().admin.namespace('objects')}/configmaps`;
    });

    it('gets uid, creationTimestamp and resourceVersion when it is created', async () => {
      const { code, body } = await subject().admin.create(maps, { metadata: { name: 'fresh' }, data: { a: 'b' } });
      expect(code).toBe(201);
      expect(body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: 'b' } });
      expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
      expect((await subject().admin.get(`${maps}/fresh`)).body).toEqual(body);
    });

    it('gets a name from generateName', async () => {
      const { body } = await subject().admin.create(maps, { metadata: { generateName: 'many-' } });
      expect(body.metadata.name).toMatch(/^many-[b-z2-9]{5}$/);
    });

    it('takes YAML', async () => {
      const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n';
      const { code, body } = await subject().admin.create(maps, yaml, 'application/yaml');
      expect({ code, data: body.data }).toEqual({ code: 201, data: { a: '1' } });
    });

    it('loses members that its kind does not have', async () => {
      const sent = { metadata: { name: 'odd', colour: 'red' }, data: { a: 'b' }, size: 5 };
      const { body } = await subject().admin.create(maps, sent);
      expect(body).not.toHaveProperty('size');
      expect(body.metadata).not.toHaveProperty('colour');
    });

    it('keeps its resourceVersion when an update changes nothing', async () => {
      const before = await subject().admin.mustCreate(maps, { metadata: { name: 'same' }, data: { a: 'b' } });
      const after = await subject().admin.patch(`${maps}/same`, MERGE_PATCH, { data: { a: 'b' } });
      expect(after.body.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    it('keeps creationTimestamp and uid whatever an update says', async () => {
      const before = await subject().admin.mustCreate(maps, { metadata: { name: 'old' } });
      const change = { metadata: { creationTimestamp: '2001-01-01T00:00:00Z', labels: { a: 'b' } } };
      const { body } = await subject().admin.patch(`${maps}/old`, MERGE_PATCH, change);
      expect(body.metadata).toMatchObject({
        uid: before.metadata.uid,
        creationTimestamp: before.metadata.creationTimestamp,
        labels: { a: 'b' },
      });
    });

    it('is not stored by a dry run', async () => {
      const { code } = await subject().admin.create(`${maps}?dryRun=All`, { metadata: { name: 'dry' } });
      expect(code).toBe(201);
      expect((await subject().admin.get(`${maps}/dry`)).code).toBe(404);
    });

    it('is refused with code, reason and details', async () => {
      const { code, body } = await subject().admin.get(`${maps}/nowhere`);
      expect({ code, body }).toEqual({
        code: 404,
        body: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'configmaps "nowhere" not found',
          reason: 'NotFound',
          details: { name: 'nowhere', kind: 'configmaps' },
          code: 404,
        },
      });
    });

    it.each(refusedObjects())('$title', async ({ act, expected }) => {
      expect(refusal(await act(subject(), maps))).toEqual(expected);
    });
  });
}

interface Refused {
  readonly title: string;
  readonly act: (subject: Subject, maps: string) => Promise<Answer>;
  readonly expected: ApiObject;
}

function refusedObjects(): Refused[] {
  const invalid = (...causes: readonly string[]): ApiObject => ({ code: 422, reason: 'Invalid', causes });
  const created =
    (body: ApiObject | string, type?: string): Refused['act'] =>
    ({ admin }, maps) =>
      admin.create(maps, body, type);
  return [
    {
      title: 'is refused when one of that name exists',
      act: async ({ admin }, maps) => {
        await admin.create(maps, { metadata: { name: 'twice' } });
        return await admin.create(maps, { metadata: { name: 'twice' } });
      },
      expected: { code: 409, reason: 'AlreadyExists' },
    },
    {
      title: 'is refused in a namespace that does not exist',
      act: ({ admin }) => admin.create('/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'a' } }),
      expected: { code: 404, reason: 'NotFound' },
    },
    {
      title: 'is refused when it names another namespace',
      act: created({ metadata: { name: 'a', namespace: 'elsewhere' } }),
      expected: { code: 400, reason: 'BadRequest' },
    },
    {
      title: 'is refused with a name that is no RFC 1123 subdomain',
      act: created({ metadata: { name: 'Upper_Case' } }),
      expected: invalid('metadata.name FieldValueInvalid'),
    },
    {
      title: 'is refused with labels that are none',
      act: created({ metadata: { name: 'a', labels: { 'a b': 'c', ok: 'c d' } } }),
      expected: invalid('metadata.labels FieldValueInvalid'),
    },
    {
      title: 'is refused with a finalizer that has no domain',
      act: created({ metadata: { name: 'a', finalizers: ['mine'] } }),
      expected: invalid('metadata.finalizers[0] FieldValueInvalid'),
    },
    {
      title: 'is refused with a resourceVersion before it exists',
      act: created({ metadata: { name: 'a', resourceVersion: '5' } }),
      expected: { code: 500 },
    },
    {
      title: 'is refused when it is of another kind',
      act: created({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } }),
      expected: { code: 400, reason: 'BadRequest' },
    },
    {
      title: 'is refused when a member is of another type',
      act: created({ metadata: { name: 'a', labels: { a: 5 } } }),
      expected: { code: 400, reason: 'BadRequest' },
    },
    {
      title: 'is refused when a patch gives a member another type',
      act: async ({ admin }, maps) => {
        await admin.create(maps, { metadata: { name: 'typed' } });
        return await admin.patch(`${maps}/typed`, MERGE_PATCH, { data: { a: 5 } });
      },
      expected: invalid('patch FieldValueInvalid'),
    },
    {
      title: 'is refused when the body is no JSON',
      act: created('never'),
      expected: { code: 400, reason: 'BadRequest' },
    },
    {
      title: 'is refused when the body is plain text',
      act: created('{}', 'text/plain'),
      expected: { code: 415, reason: 'UnsupportedMediaType' },
    },
    {
      title: 'is refused when a name stands in the path of a POST',
      act: ({ admin }, maps) => admin.create(`${maps}/a`, { metadata: { name: 'a' } }),
      expected: { code: 405, reason: 'MethodNotAllowed' },
    },
    {
      title: 'is refused when no name stands in the path of a PUT',
      act: ({ admin }, maps) => admin.replace(maps, { metadata: { name: 'a' } }),
      expected: { code: 405, reason: 'MethodNotAllowed' },
    },
  ];
}
