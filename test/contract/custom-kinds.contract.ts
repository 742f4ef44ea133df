import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import { eventually } from '../support/eventually.ts';
import type { Subject } from './contract.ts';
import { type Answer, JSON_PATCH, MERGE_PATCH, refusal, STRATEGIC_MERGE_PATCH } from './support/contract-client.ts';
import { widgetDefinition } from './support/widget-definition.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Kinds of CustomResourceDefinitions: schema, versions, status. */
export function customKindContract(subject: () => Subject): void {
  describe('a custom kind', () => {
    let group = '';
    let widgets = '';
    let oldWidgets = '';
    beforeAll(async () => {
      const { admin } = subject();
      const namespace = await admin.namespace('widgets');
      group = `${namespace}.example.com`;
      widgets = `/apis/${group}/v1/namespaces/${namespace}/widgets`;
      oldWidgets = `/apis/${group}/v1beta1/namespaces/${namespace}/widgets`;
      expect((await admin.get(widgets)).code).toBe(404);
      await admin.mustCreate(DEFINITIONS, widgetDefinition(group));
      // For a moment the real server does not know the new kind, or answers 429.
      await eventually(async () => {
        for (const path of [widgets, oldWidgets]) expect((await admin.get(path)).code).toBe(200);
      }, 20_000);
    });
    const widget = (name: string, spec: ApiObject, rest: ApiObject = {}): ApiObject => ({
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name },
      spec,
      ...rest,
    });
    const create = (name: string, spec: ApiObject, rest: ApiObject = {}): Promise<ApiObject> =>
      subject().admin.mustCreate(widgets, widget(name, spec, rest));
    const patch = (path: string, change: ApiObject): Promise<Answer> =>
      subject().admin.patch(`${widgets}/${path}`, MERGE_PATCH, change);

    it('is established, and found by discovery', async () => {
      const { admin } = subject();
      const { body } = await admin.get(`${DEFINITIONS}/widgets.${group}`);
      const conditions = body.status.conditions.map((one: ApiObject) => `${one.type}=${one.status}`).sort();
      expect(conditions).toEqual(['Established=True', 'NamesAccepted=True']);
      expect(body.status).toMatchObject({
        acceptedNames: { kind: 'Widget', plural: 'widgets' },
        storedVersions: ['v1'],
      });
      const discovered = (await admin.get(`/apis/${group}`)).body;
      expect(discovered).toMatchObject({ name: group, preferredVersion: { version: 'v1' } });
      const { resources } = (await admin.get(`/apis/${group}/v1`)).body;
      expect(resources.map((one: ApiObject) => one.name)).toEqual(['widgets', 'widgets/status']);
    });

    it('loses what its schema does not know, and gets defaults', async () => {
      const sent = { size: 2, unknown: 1, nested: { b: 1, unknown: 2 }, any: { z: 1 }, map: { q: 1 }, mode: null };
      const { spec, status, metadata } = await create('pruned', sent, { status: { n: 1 }, extra: 1 });
      expect(spec).toEqual({ size: 2, mode: 'A', nested: { a: 'x', b: 1 }, any: { z: 1 }, map: { q: 1 } });
      expect({ status, generation: metadata.generation }).toEqual({ status: undefined, generation: 1 });
    });

    it.each(refusedSpecs())('refuses $spec for $causes', async ({ spec, causes }) => {
      const answer = await subject().admin.create(widgets, widget('refused', { size: 1, ...spec }));
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes });
    });

    it('says in its own words why a rule in CEL refuses', async () => {
      const answer = await subject().admin.create(widgets, widget('refused', { size: 1, x: 2, y: 1 }));
      expect(answer.body.details.causes[0].message).toBe('Invalid value: "object": x must not exceed y');
    });

    it('must be named in the body', async () => {
      const { admin } = subject();
      const bare = await admin.create(widgets, { metadata: { name: 'bare' }, spec: { size: 1 } });
      expect(refusal(bare)).toEqual({ code: 400, reason: 'BadRequest' });
      const wrong = await admin.create(widgets, { ...widget('wrong', { size: 1 }), kind: 'Gadget' });
      expect(refusal(wrong)).toEqual({ code: 422, reason: 'Invalid', causes: ['kind FieldValueInvalid'] });
    });

    it('counts its generation by changes of the spec alone', async () => {
      await create('counted', { size: 1 });
      expect((await patch('counted', { metadata: { labels: { a: 'b' } } })).body.metadata.generation).toBe(1);
      expect((await patch('counted/status', { status: { n: 1 } })).body.metadata.generation).toBe(1);
      expect((await patch('counted', { spec: { size: 2 } })).body.metadata.generation).toBe(2);
    });

    it('takes its status through /status only, and nothing else there', async () => {
      await create('status', { size: 1 });
      expect((await patch('status', { status: { n: 5 } })).body).not.toHaveProperty('status');
      const metadata = { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['e.io/f'] };
      const { body } = await patch('status/status', { status: { n: 5, unknown: 1 }, spec: { size: 9 }, metadata });
      expect(body).toMatchObject({ status: { n: 5 }, spec: { size: 1 } });
      for (const member of Object.keys(metadata)) expect(body.metadata).not.toHaveProperty(member);
      const change = [{ op: 'replace', path: '/status/n', value: 6 }];
      const second = await subject().admin.patch(`${widgets}/status/status`, JSON_PATCH, change);
      expect(second.body.status).toEqual({ n: 6 });
      expect(refusal(await patch('status/status', { status: { n: 'x' } }))).toEqual({
        code: 422,
        reason: 'Invalid',
        causes: ['status.n FieldValueTypeInvalid'],
      });
    });

    it('has fields that never change', async () => {
      await create('fixed', { size: 1, fixed: 'a' });
      expect((await patch('fixed', { spec: { size: 2 } })).code).toBe(200);
      const answer = await patch('fixed', { spec: { fixed: 'b' } });
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes: ['spec.fixed FieldValueInvalid'] });
    });

    it('takes no strategic merge patch', async () => {
      await create('merged', { size: 1 });
      const answer = await subject().admin.patch(`${widgets}/merged`, STRATEGIC_MERGE_PATCH, { spec: { size: 2 } });
      expect(refusal(answer)).toEqual({ code: 415, reason: 'UnsupportedMediaType' });
    });

    it('needs a resourceVersion in an update', async () => {
      const { admin } = subject();
      await create('locked', { size: 1 });
      const answer = await admin.replace(`${widgets}/locked`, widget('locked', { size: 2 }));
      expect(refusal(answer)).toEqual({
        code: 422,
        reason: 'Invalid',
        causes: ['metadata.resourceVersion FieldValueInvalid'],
      });
    });

    it('is the same object in each of its versions', async () => {
      const { admin } = subject();
      const { metadata } = await create('both', { size: 1, name: 'abc', on: true });
      const old = (await admin.get(`${oldWidgets}/both`)).body;
      expect(old).toMatchObject({ apiVersion: `${group}/v1beta1`, metadata: { uid: metadata.uid } });
      expect(old.spec).toEqual({ size: 1, name: 'abc' });
      await admin.patch(`${oldWidgets}/both`, MERGE_PATCH, { metadata: { labels: { seen: 'yes' } } });
      const fresh = (await admin.get(`${widgets}/both`)).body;
      expect(fresh).toMatchObject({ apiVersion: `${group}/v1`, metadata: { labels: { seen: 'yes' } } });
    });

    it('lets pass what was wrong before and did not change', async () => {
      const { admin } = subject();
      const body = { ...widget('ratchet', { size: 99 }), apiVersion: `${group}/v1beta1` };
      await admin.mustCreate(oldWidgets, body);
      expect((await patch('ratchet', { metadata: { labels: { a: 'b' } } })).code).toBe(200);
      const answer = await patch('ratchet', { spec: { size: 98 } });
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes: ['spec.size FieldValueInvalid'] });
    });

    it('is watched in the version that was asked for', async () => {
      const { admin } = subject();
      const { metadata } = (await admin.get(oldWidgets)).body;
      using watch = await admin.watch(`${oldWidgets}?watch=true&resourceVersion=${metadata.resourceVersion}`);
      await create('watched', { size: 1 });
      const [event] = await watch.until((told) => told.length >= 1);
      expect(event?.object).toMatchObject({ apiVersion: `${group}/v1beta1`, spec: { size: 1 } });
    });

    it('goes with its definition', async () => {
      const { admin } = subject();
      await admin.delete(`${DEFINITIONS}/widgets.${group}`);
      await eventually(async () => expect((await admin.get(widgets)).code).toBe(404), 20_000);
    });
  });

  describe('a CustomResourceDefinition', () => {
    it.each([
      [{ metadata: { name: 'gadgets.a.example.com' } }, 'metadata.name FieldValueInvalid'],
      [{ spec: { scope: 'Galaxy' } }, 'spec.scope FieldValueNotSupported'],
      [
        { spec: { versions: [{ name: 'v1', served: true, storage: true }] } },
        'spec.versions[0].schema.openAPIV3Schema FieldValueRequired',
      ],
    ])('with %j is refused', async (change: ApiObject, cause) => {
      const definition = widgetDefinition('refused.example.com');
      const answer = await subject().admin.create(DEFINITIONS, {
        ...definition,
        ...change,
        spec: { ...definition.spec, ...change.spec },
      });
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes: [cause] });
    });
  });
}

function refusedSpecs(): { readonly spec: ApiObject; readonly causes: readonly string[] }[] {
  const rows: [ApiObject, ...string[]][] = [
    [{ size: null }, 'spec.size FieldValueRequired'],
    [{ size: 0 }, 'spec.size FieldValueInvalid'],
    [{ size: 11 }, 'spec.size FieldValueInvalid'],
    [{ size: 'x' }, 'spec.size FieldValueTypeInvalid'],
    [{ size: 1.5 }, 'spec.size FieldValueTypeInvalid'],
    [{ name: 'ABC' }, 'spec.name FieldValueInvalid'],
    [{ name: 'abcdef' }, 'spec.name FieldValueTooLong'],
    [{ name: 'a' }, 'spec.name FieldValueInvalid'],
    [{ mode: 'C' }, 'spec.mode FieldValueNotSupported'],
    [{ on: 'true' }, 'spec.on FieldValueTypeInvalid'],
    [{ list: [] }, 'spec.list FieldValueInvalid'],
    [{ list: ['a', 'b', 'c'] }, 'spec.list FieldValueTooMany'],
    [{ list: [1] }, 'spec.list[0] FieldValueTypeInvalid'],
    [{ list: 'x' }, 'spec.list FieldValueTypeInvalid'],
    [{ portOrName: true }, 'spec.portOrName FieldValueTypeInvalid'],
    [{ nested: { a: 1 } }, 'spec.nested.a FieldValueTypeInvalid'],
    [{ map: { q: 'x' } }, 'spec.map.q FieldValueTypeInvalid'],
    [{ items: [{ v: 1 }] }, 'spec.items[0].k FieldValueRequired'],
    [{ items: [{ k: 'a' }, { k: 'a' }] }, 'spec.items[1] FieldValueDuplicate'],
    [{ set: ['a', 'a'] }, 'spec.set[1] FieldValueDuplicate'],
    [{ when: 'x' }, 'spec.when FieldValueTypeInvalid'],
    [{ ip: 'x' }, 'spec.ip FieldValueTypeInvalid'],
    [{ x: 2, y: 1 }, 'spec FieldValueInvalid'],
    [{ x: 7, y: 9 }, 'spec.x FieldValueForbidden'],
    [
      { size: 0, mode: 'C', on: 1 },
      'spec.mode FieldValueNotSupported',
      'spec.on FieldValueTypeInvalid',
      'spec.size FieldValueInvalid',
    ],
  ];
  return rows.map(([spec, ...causes]) => ({ spec, causes }));
}
