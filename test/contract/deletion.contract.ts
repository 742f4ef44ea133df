import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Subject } from './contract.ts';
import { MERGE_PATCH, refusal, STRATEGIC_MERGE_PATCH } from './support/contract-client.ts';

/** Deletion, finalizers and grace. */
export function deletionContract(subject: () => Subject): void {
  describe('deletion', () => {
    let namespace = '';
    let maps = '';
    beforeAll(async () => {
      namespace = await subject().admin.namespace('deletion');
      maps = `/api/v1/namespaces/${namespace}/configmaps`;
    });

    it('of an object without finalizers removes it and says which', async () => {
      const { admin } = subject();
      const { metadata } = await admin.mustCreate(maps, { metadata: { name: 'plain' } });
      const answer = await admin.delete(`${maps}/plain`);
      expect(answer.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: 'plain', kind: 'configmaps', uid: metadata.uid },
      });
      expect(refusal(await admin.delete(`${maps}/plain`))).toEqual({ code: 404, reason: 'NotFound' });
    });

    it('waits for the last finalizer', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'held', finalizers: ['a.io/one', 'b.io/two'] } });
      const first = await admin.delete(`${maps}/held`);
      expect(first.body.metadata).toMatchObject({
        deletionGracePeriodSeconds: 0,
        finalizers: ['a.io/one', 'b.io/two'],
      });
      expect(first.body.metadata.deletionTimestamp).toMatch(/Z$/);
      const again = await admin.delete(`${maps}/held`);
      expect(again.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);

      await admin.patch(`${maps}/held`, MERGE_PATCH, { metadata: { finalizers: ['b.io/two'] } });
      expect((await admin.get(`${maps}/held`)).code).toBe(200);
      const last = await admin.patch(`${maps}/held`, MERGE_PATCH, { metadata: { finalizers: null } });
      expect(last.code).toBe(200);
      expect((await admin.get(`${maps}/held`)).code).toBe(404);
    });

    it('lets no finalizer be added any more', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'going', finalizers: ['a.io/one'] } });
      await admin.delete(`${maps}/going`);
      const change = { metadata: { finalizers: ['c.io/three'] } };
      const answer = await admin.patch(`${maps}/going`, STRATEGIC_MERGE_PATCH, change);
      expect(refusal(answer)).toEqual({
        code: 422,
        reason: 'Invalid',
        causes: ['metadata.finalizers FieldValueForbidden'],
      });
      expect(answer.body.message).toContain(
        'no new finalizers can be added if the object is being deleted, found new finalizers []string{"c.io/three"}',
      );
    });

    it('cannot be taken back', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'doomed', finalizers: ['a.io/one'] } });
      await admin.delete(`${maps}/doomed`);
      const change = { metadata: { deletionTimestamp: null, labels: { a: 'b' } } };
      const { body } = await admin.patch(`${maps}/doomed`, MERGE_PATCH, change);
      expect(body.metadata).toMatchObject({ labels: { a: 'b' }, deletionTimestamp: expect.any(String) });
    });

    it.each([
      ['uid', { uid: 'another' }],
      ['resourceVersion', { resourceVersion: '1' }],
    ])('under a precondition on %s that does not hold is a conflict', async (_, preconditions) => {
      const { admin } = subject();
      await admin.create(maps, { metadata: { name: 'guarded' } });
      const answer = await admin.delete(`${maps}/guarded`, { preconditions });
      expect(refusal(answer)).toEqual({ code: 409, reason: 'Conflict' });
    });

    it('in the foreground leaves the object to the garbage collector', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'owner' } });
      const { body } = await admin.delete(`${maps}/owner`, { propagationPolicy: 'Foreground' });
      expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
    });

    it('of all that match takes nothing else', async () => {
      const { admin } = subject();
      for (const name of ['x1', 'x2']) await admin.mustCreate(maps, { metadata: { name, labels: { set: 'x' } } });
      const answer = await admin.delete(`${maps}?labelSelector=set%3Dx`);
      expect(answer.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['x1', 'x2']);
      expect((await admin.get(`${maps}?labelSelector=set%3Dx`)).body.items).toEqual([]);
      expect((await admin.get(`${maps}/guarded`)).code).toBe(200);
    });

    it('of a Service answers with the Service', async () => {
      const { admin } = subject();
      const services = `/api/v1/namespaces/${namespace}/services`;
      await admin.mustCreate(services, { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } });
      expect((await admin.delete(`${services}/web`)).body).toMatchObject({
        kind: 'Service',
        metadata: { name: 'web' },
      });
    });
  });

  describe('a namespace', () => {
    it('takes its content with it', async () => {
      const { admin } = subject();
      const namespace = await admin.namespace('going');
      const maps = `/api/v1/namespaces/${namespace}/configmaps`;
      await admin.mustCreate(maps, { metadata: { name: 'inside', finalizers: ['a.io/one'] } });
      const { body } = await admin.delete(`/api/v1/namespaces/${namespace}`);
      expect(body.status.phase).toBe('Terminating');
      await eventually(async () => {
        expect((await admin.get(`${maps}/inside`)).body.metadata.deletionTimestamp).toBeDefined();
      }, 45_000);
      expect(refusal(await admin.create(maps, { metadata: { name: 'late' } }))).toEqual({
        code: 403,
        reason: 'Forbidden',
        causes: ['metadata.namespace NamespaceTerminating'],
      });
      await admin.patch(`${maps}/inside`, MERGE_PATCH, { metadata: { finalizers: null } });
      await eventually(async () => {
        expect((await admin.get(`/api/v1/namespaces/${namespace}`)).code).toBe(404);
      }, 45_000);
    });

    it('of the system cannot be deleted', async () => {
      const answer = await subject().admin.delete('/api/v1/namespaces/default');
      expect(refusal(answer)).toEqual({ code: 403, reason: 'Forbidden' });
    });
  });
}
