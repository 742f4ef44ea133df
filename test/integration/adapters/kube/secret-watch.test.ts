import { expect, test } from 'vitest';
import { eventually, startApiUnderTest } from '../../../support/kube/api-under-test.ts';

const secret = (name: string, password: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'metallb-system', name },
  type: 'kubernetes.io/basic-auth',
  data: { password: Buffer.from(password).toString('base64') },
});

test('one Secret is watched: others are not read, and nothing is when it is not wanted any more', async () => {
  await using api = await startApiUnderTest();
  api.server.seed(secret('other', 'foreign'));
  api.server.seed(secret('tor', 'one'));
  const connection = await api.connect();
  const wanted = new AbortController();
  const informer = connection.watchSecret({ namespace: 'metallb-system', name: 'tor' }, wanted.signal);
  await informer.synced(api.signal);
  expect(informer.list()).toMatchObject([
    { meta: { name: 'tor' }, type: 'kubernetes.io/basic-auth', data: { password: new TextEncoder().encode('one') } },
  ]);
  await eventually('the watch is open', () => api.server.faults.watchCount() === 1);
  wanted.abort();
  await eventually('the watch is closed', () => api.server.faults.watchCount() === 0);
});
