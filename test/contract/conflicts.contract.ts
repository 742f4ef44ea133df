import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { MERGE_PATCH, refusal } from './support/contract-client.ts';

const CONFLICT = { code: 409, reason: 'Conflict' };

/** Optimistic locking, as leader election and every read-modify-write rely on it. */
export function conflictContract(subject: () => Subject): void {
  describe('an update', () => {
    let namespace = '';
    let maps = '';
    let leases = '';
    beforeAll(async () => {
      namespace = await subject().admin.namespace('conflicts');
      maps = `/api/v1/namespaces/${namespace}/configmaps`;
      leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    });
    const lease = (name: string, spec: ApiObject, metadata: ApiObject = {}): ApiObject => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, ...metadata },
      spec,
    });

    it('with the current resourceVersion succeeds, and makes the old one stale', async () => {
      const { admin } = subject();
      const first = await admin.mustCreate(leases, lease('held', { holderIdentity: 'a', leaseDurationSeconds: 15 }));
      const { resourceVersion } = first.metadata;
      const second = await admin.replace(`${leases}/held`, lease('held', { holderIdentity: 'b' }, { resourceVersion }));
      expect(second.code).toBe(200);
      expect(second.body.spec).toEqual({ holderIdentity: 'b' });
      const third = await admin.replace(`${leases}/held`, lease('held', { holderIdentity: 'c' }, { resourceVersion }));
      expect(refusal(third)).toEqual(CONFLICT);
      expect(third.body.message).toBe(
        'Operation cannot be fulfilled on leases.coordination.k8s.io "held": the object has been modified; please apply your changes to the latest version and try again',
      );
      expect(third.body.details).toEqual({ name: 'held', group: 'coordination.k8s.io', kind: 'leases' });
    });

    it('of a Lease needs a resourceVersion', async () => {
      const { admin } = subject();
      await admin.mustCreate(leases, lease('blind', {}));
      expect(refusal(await admin.replace(`${leases}/blind`, lease('blind', {})))).toEqual({
        code: 422,
        reason: 'Invalid',
        causes: ['metadata.resourceVersion FieldValueInvalid'],
      });
    });

    it('of a ConfigMap does not need one', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'free' } });
      const answer = await admin.replace(`${maps}/free`, { metadata: { name: 'free' }, data: { a: 'b' } });
      expect({ code: answer.code, data: answer.body.data }).toEqual({ code: 200, data: { a: 'b' } });
    });

    it('of an absent Lease creates it, of an absent ConfigMap does not', async () => {
      const { admin } = subject();
      expect((await admin.replace(`${leases}/new`, lease('new', {}))).code).toBe(201);
      expect(refusal(await admin.replace(`${maps}/new`, { metadata: { name: 'new' } }))).toEqual({
        code: 404,
        reason: 'NotFound',
      });
    });

    it('with the uid of another object is a conflict', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'other' } });
      const answer = await admin.replace(`${maps}/other`, { metadata: { name: 'other', uid: 'not-this' } });
      expect(refusal(answer)).toEqual(CONFLICT);
    });

    it('by a patch that names an old resourceVersion is a conflict', async () => {
      const { admin } = subject();
      const { metadata } = await admin.mustCreate(maps, { metadata: { name: 'patched' } });
      await admin.patch(`${maps}/patched`, MERGE_PATCH, { data: { a: 'b' } });
      const { resourceVersion } = metadata;
      const answer = await admin.patch(`${maps}/patched`, MERGE_PATCH, { metadata: { resourceVersion } });
      expect(refusal(answer)).toEqual(CONFLICT);
    });

    it('that names another object than its path is refused', async () => {
      const { admin } = subject();
      await admin.mustCreate(maps, { metadata: { name: 'one' } });
      const answer = await admin.replace(`${maps}/one`, { metadata: { name: 'two' } });
      expect(refusal(answer)).toEqual({ code: 400, reason: 'BadRequest' });
      expect(refusal(await admin.replace(`${maps}/one`, { metadata: {} }))).toEqual({
        code: 400,
        reason: 'BadRequest',
      });
    });
  });

  describe('a Lease', () => {
    let leases = '';
    beforeAll(async () => {
      const namespace = await subject().admin.namespace('leases');
      leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    });

    it('keeps the six decimals of its times', async () => {
      const spec = { acquireTime: '2026-01-02T03:04:05.123456Z', renewTime: '2026-01-02T03:04:05.000000Z' };
      const { body } = await subject().admin.create(leases, { metadata: { name: 'times' }, spec });
      expect(body.spec).toEqual(spec);
    });

    it('refuses a time without six decimals', async () => {
      const spec = { renewTime: '2026-01-02T03:04:05Z' };
      const answer = await subject().admin.create(leases, { metadata: { name: 'short' }, spec });
      expect(refusal(answer)).toEqual({ code: 400, reason: 'BadRequest' });
    });

    it('can be given up by an empty holder', async () => {
      await subject().admin.mustCreate(leases, { metadata: { name: 'free' }, spec: { holderIdentity: 'a' } });
      const answer = await subject().admin.patch(`${leases}/free`, MERGE_PATCH, { spec: { holderIdentity: '' } });
      expect(answer.body.spec).toEqual({ holderIdentity: '' });
    });

    it.each([
      ['leaseDurationSeconds', 0],
      ['leaseTransitions', -1],
    ])('refuses %s %d', async (member, value) => {
      const answer = await subject().admin.create(leases, { metadata: { name: 'bad' }, spec: { [member]: value } });
      const causes = [`spec.${member} FieldValueInvalid`];
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes });
    });
  });
}
