import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import { eventually } from '../support/eventually.ts';
import type { Subject } from './contract.ts';
import { type Answer, refusal } from './support/contract-client.ts';

const AUDIENCE = 'heraldlb.example';
const EXTRA = 'authentication.kubernetes.io';
/** A token that was good is remembered as good for ten seconds by the real server. */
const REMEMBERED_MS = 30_000;

/** ServiceAccount tokens: TokenRequest, TokenReview, and what a bound token says of Pod and Node. */
export function tokenContract(subject: () => Subject): void {
  describe('a token', () => {
    let namespace = '';
    let core = '';
    let account: ApiObject = {};
    let node: ApiObject = {};
    beforeAll(async () => {
      const { admin } = subject();
      namespace = await admin.namespace('tokens');
      core = `/api/v1/namespaces/${namespace}`;
      account = await admin.mustCreate(`${core}/serviceaccounts`, { metadata: { name: 'speaker' } });
      await admin.mustCreate(`${core}/serviceaccounts`, { metadata: { name: 'other' } });
      node = await admin.mustCreate('/api/v1/nodes', { metadata: { name: `node-of-${namespace}` } });
    });

    const request = (spec: ApiObject, name = 'speaker'): Promise<Answer> =>
      subject().admin.create(`${core}/serviceaccounts/${name}/token`, { spec });
    const tokenOf = async (spec: ApiObject): Promise<string> => (await request(spec)).body.status.token;
    const review = async (token: string, audiences?: readonly string[]): Promise<ApiObject> => {
      const spec = audiences === undefined ? { token } : { token, audiences };
      const answer = await subject().admin.create('/apis/authentication.k8s.io/v1/tokenreviews', { spec });
      expect(answer.code).toBe(201);
      return answer.body.status;
    };
    const pod = (name: string): Promise<ApiObject> =>
      subject().admin.mustCreate(`${core}/pods`, {
        metadata: { name },
        spec: {
          serviceAccountName: 'speaker',
          nodeName: node.metadata.name,
          containers: [{ name: 'c', image: 'image' }],
        },
      });
    const boundTo = (kind: string, name: string): ApiObject => ({ kind, apiVersion: 'v1', name });

    it('is a signed JWT with the claims that were asked for', async () => {
      const { metadata } = await pod('claims');
      const { code, body } = await request({
        audiences: [AUDIENCE],
        expirationSeconds: 1200,
        boundObjectRef: boundTo('Pod', 'claims'),
      });
      expect(code).toBe(201);
      expect(body).toMatchObject({ kind: 'TokenRequest', spec: { audiences: [AUDIENCE], expirationSeconds: 1200 } });
      const claims = JSON.parse(Buffer.from(body.status.token.split('.')[1], 'base64url').toString());
      expect(claims).toMatchObject({
        aud: [AUDIENCE],
        sub: `system:serviceaccount:${namespace}:speaker`,
        'kubernetes.io': {
          namespace,
          node: { name: node.metadata.name, uid: node.metadata.uid },
          pod: { name: 'claims', uid: metadata.uid },
          serviceaccount: { name: 'speaker', uid: account.metadata.uid },
        },
      });
      expect(claims.exp - claims.iat).toBe(1200);
      expect(claims.nbf).toBe(claims.iat);
      expect(Date.parse(body.status.expirationTimestamp) / 1000).toBe(claims.exp);
    });

    it('bound to a Pod is reviewed with the names of Pod and Node', async () => {
      const { metadata } = await pod('bound');
      const token = await tokenOf({ audiences: [AUDIENCE], boundObjectRef: boundTo('Pod', 'bound') });
      expect(await review(token, [AUDIENCE, 'unknown'])).toEqual({
        authenticated: true,
        audiences: [AUDIENCE],
        user: {
          username: `system:serviceaccount:${namespace}:speaker`,
          uid: account.metadata.uid,
          groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
          extra: {
            [`${EXTRA}/credential-id`]: [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)],
            [`${EXTRA}/node-name`]: [node.metadata.name],
            [`${EXTRA}/node-uid`]: [node.metadata.uid],
            [`${EXTRA}/pod-name`]: ['bound'],
            [`${EXTRA}/pod-uid`]: [metadata.uid],
          },
        },
      });
    });

    it('bound to a Node is reviewed with the name of the Node', async () => {
      const token = await tokenOf({ audiences: [AUDIENCE], boundObjectRef: boundTo('Node', node.metadata.name) });
      const { user } = await review(token, [AUDIENCE]);
      expect(user.extra[`${EXTRA}/node-name`]).toEqual([node.metadata.name]);
      expect(user.extra).not.toHaveProperty(`${EXTRA}/pod-name`);
    });

    it('bound to nothing says nothing of Pod or Node', async () => {
      const { user } = await review(await tokenOf({ audiences: [AUDIENCE] }), [AUDIENCE]);
      expect(Object.keys(user.extra)).toEqual([`${EXTRA}/credential-id`]);
    });

    it('for another audience is not authenticated', async () => {
      const status = await review(await tokenOf({ audiences: [AUDIENCE] }), ['another.example']);
      expect(status).toEqual({ user: {}, error: expect.stringContaining('invalid bearer token') });
    });

    it('for our audience only is not one for the API', async () => {
      const token = await tokenOf({ audiences: [AUDIENCE] });
      expect(await review(token)).not.toHaveProperty('authenticated');
      expect(refusal(await subject().admin.as(token).get('/api'))).toEqual({ code: 401, reason: 'Unauthorized' });
    });

    it('without audience is one for the API', async () => {
      const token = await tokenOf({});
      expect((await review(token)).authenticated).toBe(true);
      expect((await subject().admin.as(token).get('/api')).code).toBe(200);
    });

    it.each(['never.a.token', 'never'])('%s is not authenticated', async (token) => {
      expect(await review(token)).toEqual({ user: {}, error: expect.stringContaining('invalid bearer token') });
    });

    it('whose signature is changed is not authenticated', async () => {
      const [header, claims] = (await tokenOf({ audiences: [AUDIENCE] })).split('.');
      const forged = `${header}.${claims}.${Buffer.alloc(64, 7).toString('base64url')}`;
      expect(await review(forged, [AUDIENCE])).not.toHaveProperty('authenticated');
    });

    it('dies with its Pod, and does not come back with one of the same name', async () => {
      const { admin } = subject();
      await pod('mortal');
      const token = await tokenOf({ audiences: [AUDIENCE], boundObjectRef: boundTo('Pod', 'mortal') });
      expect((await review(token, [AUDIENCE])).authenticated).toBe(true);
      await admin.delete(`${core}/pods/mortal`, { gracePeriodSeconds: 0 });
      await pod('mortal');
      await eventually(async () => {
        expect(await review(token, [AUDIENCE])).not.toHaveProperty('authenticated');
      }, REMEMBERED_MS);
    });

    it('is still good while its Pod terminates', async () => {
      const { admin } = subject();
      await pod('ending');
      const token = await tokenOf({ audiences: [AUDIENCE], boundObjectRef: boundTo('Pod', 'ending') });
      const { body } = await admin.delete(`${core}/pods/ending`);
      expect(body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, deletionTimestamp: expect.any(String) });
      expect((await review(token, [AUDIENCE])).authenticated).toBe(true);
    });

    it.each([
      { title: 'for less than ten minutes', spec: { expirationSeconds: 599 }, code: 422, reason: 'Invalid' },
      {
        title: 'bound to an absent Pod',
        spec: { boundObjectRef: boundTo('Pod', 'absent') },
        code: 404,
        reason: 'NotFound',
      },
      {
        title: 'bound to a Pod of another uid',
        spec: { boundObjectRef: { ...boundTo('Pod', 'claims'), uid: 'another' } },
        code: 409,
        reason: 'Conflict',
      },
      {
        title: 'bound to a kind that cannot be bound to',
        spec: { boundObjectRef: boundTo('ConfigMap', 'a') },
        code: 400,
        reason: 'BadRequest',
      },
    ])('$title is not issued', async ({ spec, code, reason }) => {
      expect(refusal(await request(spec))).toMatchObject({ code, reason });
    });

    it('is not issued to another ServiceAccount than that of the Pod', async () => {
      const answer = await request({ boundObjectRef: boundTo('Pod', 'claims') }, 'other');
      expect(refusal(answer)).toEqual({ code: 400, reason: 'BadRequest' });
    });

    it('is not issued to a ServiceAccount that does not exist', async () => {
      expect(refusal(await request({}, 'absent'))).toEqual({ code: 404, reason: 'NotFound' });
    });

    it('that is missing cannot be reviewed', async () => {
      const answer = await subject().admin.create('/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} });
      expect(refusal(answer)).toEqual({ code: 400, reason: 'BadRequest' });
    });
  });
}
