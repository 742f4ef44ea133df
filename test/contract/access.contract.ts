import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import { eventually } from '../support/eventually.ts';
import type { Subject } from './contract.ts';
import { type ContractClient, MERGE_PATCH, refusal } from './support/contract-client.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const FORBIDDEN = { code: 403, reason: 'Forbidden' };

/** Who may do what: RBAC, and the words of a refusal. */
export function accessContract(subject: () => Subject): void {
  describe('access', () => {
    let namespace = '';
    let core = '';
    let user: ContractClient;
    beforeAll(async () => {
      const { admin } = subject();
      namespace = await admin.namespace('access');
      core = `/api/v1/namespaces/${namespace}`;
      await admin.mustCreate(`${core}/serviceaccounts`, { metadata: { name: 'user' } });
      const { body } = await admin.create(`${core}/serviceaccounts/user/token`, { spec: {} });
      user = admin.as(body.status.token);
      await admin.mustCreate(`${RBAC}/namespaces/${namespace}/roles`, {
        metadata: { name: 'reader' },
        rules: [
          { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: [''], resources: ['services/status'], verbs: ['patch'] },
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: ['mine'],
            verbs: ['get', 'list', 'watch', 'update'],
          },
          { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
        ],
      });
      await admin.mustCreate(`${RBAC}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'user', namespace }],
      });
      await eventually(async () => expect((await user.get(`${core}/services`)).code).toBe(200));
    });
    const name = (): string => `system:serviceaccount:${namespace}:user`;

    it('that no rule gives is refused in words that name user, verb, resource, group and namespace', async () => {
      const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
      const answer = await user.get(`${leases}/mine`);
      expect(refusal(answer)).toEqual(FORBIDDEN);
      expect(answer.body.message).toBe(
        `leases.coordination.k8s.io "mine" is forbidden: User "${name()}" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "${namespace}"`,
      );
      expect(answer.body.details).toEqual({ name: 'mine', group: 'coordination.k8s.io', kind: 'leases' });
    });

    it('to all namespaces is refused at the cluster scope', async () => {
      const answer = await user.get('/api/v1/services');
      expect(refusal(answer)).toEqual(FORBIDDEN);
      expect(answer.body.message).toBe(
        `services is forbidden: User "${name()}" cannot list resource "services" in API group "" at the cluster scope`,
      );
    });

    it('to a subresource is its own', async () => {
      expect(refusal(await user.patch(`${core}/services/a/status`, MERGE_PATCH, {}))).toMatchObject({ code: 404 });
      const answer = await user.patch(`${core}/services/a`, MERGE_PATCH, {});
      expect(refusal(answer)).toEqual(FORBIDDEN);
      expect(answer.body.message).toContain('cannot patch resource "services" in API group ""');
    });

    it('by name covers that name, also for a list or watch of it alone', async () => {
      expect((await user.get(`${core}/secrets/mine`)).code).toBe(404);
      expect((await user.get(`${core}/secrets?fieldSelector=metadata.name%3Dmine`)).code).toBe(200);
      expect(refusal(await user.get(`${core}/secrets/other`))).toEqual(FORBIDDEN);
      expect(refusal(await user.get(`${core}/secrets`))).toEqual(FORBIDDEN);
      expect(refusal(await user.get(`${core}/secrets?fieldSelector=metadata.name%3Dother`))).toEqual(FORBIDDEN);
    });

    it('to create is given without names', async () => {
      const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
      expect((await user.create(leases, { metadata: { name: 'new' }, spec: {} })).code).toBe(201);
    });

    it.each([
      [{ verb: 'list', resource: 'services' }, true],
      [{ verb: 'delete', resource: 'services' }, false],
      [{ verb: 'patch', resource: 'services', subresource: 'status' }, true],
      [{ verb: 'get', resource: 'secrets', name: 'mine' }, true],
      [{ verb: 'get', resource: 'secrets', name: 'other' }, false],
      [{ verb: 'create', group: 'coordination.k8s.io', resource: 'leases' }, true],
    ])('to %j is %s in a SelfSubjectAccessReview', async (asked: ApiObject, allowed) => {
      const spec = { resourceAttributes: { namespace, ...asked } };
      const answer = await user.create('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec });
      expect({ code: answer.code, allowed: answer.body.status.allowed }).toEqual({ code: 201, allowed });
    });

    it('by a ClusterRoleBinding is given in every namespace and to all of them', async () => {
      const { admin } = subject();
      const role = `nodes-${namespace}`;
      await admin.mustCreate(`${RBAC}/clusterroles`, {
        metadata: { name: role },
        rules: [{ apiGroups: [''], resources: ['nodes', 'endpoints'], verbs: ['list'] }],
      });
      await admin.mustCreate(`${RBAC}/clusterrolebindings`, {
        metadata: { name: role },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [
          { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: `system:serviceaccounts:${namespace}` },
        ],
      });
      await eventually(async () => expect((await user.get('/api/v1/nodes')).code).toBe(200));
      expect(refusal(await user.get('/api/v1/nodes/a'))).toEqual(FORBIDDEN);
    });

    it('by a changed role takes hold', async () => {
      const { admin } = subject();
      await admin.patch(`${RBAC}/namespaces/${namespace}/roles/reader`, MERGE_PATCH, {
        rules: [{ apiGroups: [''], resources: ['services', 'configmaps'], verbs: ['get', 'list', 'watch'] }],
      });
      await eventually(async () => expect((await user.get(`${core}/configmaps`)).code).toBe(200));
    });

    it('cannot be bound to another role later', async () => {
      const path = `${RBAC}/namespaces/${namespace}/rolebindings/reader`;
      const answer = await subject().admin.patch(path, MERGE_PATCH, { roleRef: { name: 'another' } });
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes: ['roleRef FieldValueInvalid'] });
    });

    it('with a token that is none is refused', async () => {
      expect(refusal(await subject().admin.as('never').get('/api/v1/nodes'))).toEqual({
        code: 401,
        reason: 'Unauthorized',
      });
    });

    it('without a token is that of system:anonymous', async () => {
      const nobody = subject().admin.as('');
      const answer = await nobody.get('/api/v1/nodes');
      expect(refusal(answer)).toEqual(FORBIDDEN);
      expect(answer.body.message).toContain('User "system:anonymous" cannot list resource "nodes"');
      expect(refusal(await nobody.get('/api'))).toEqual(FORBIDDEN);
      for (const path of ['/healthz', '/livez', '/readyz']) expect((await nobody.get(path)).text).toBe('ok');
    });
  });
}
