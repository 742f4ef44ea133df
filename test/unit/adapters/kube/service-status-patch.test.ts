import { expect, test } from 'vitest';
import { serviceStatusPatch } from '../../../../src/adapters/kube/stores/service-store.ts';
import { service } from '../../../support/kube/fake-cluster.ts';

const web = service('web', { meta: { finalizers: ['example.com/other', 'old'] } });

test('a finalizer is merged into the list, whose order is told', () => {
  expect(serviceStatusPatch(web, { addFinalizer: 'ours', removeFinalizers: ['old'] })).toEqual({
    metadata: {
      uid: 'uid-of-web',
      finalizers: ['ours'],
      '$deleteFromPrimitiveList/finalizers': ['old'],
      '$setElementOrder/finalizers': ['example.com/other', 'ours'],
    },
  });
});

test('a status is written whole, and an empty one deletes the field', () => {
  expect(serviceStatusPatch(web, { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] })).toEqual({
    metadata: { uid: 'uid-of-web' },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } },
  });
  expect(serviceStatusPatch(web, { ingress: [] })).toMatchObject({ status: { loadBalancer: { ingress: null } } });
});

test('conditions are merged by type, and those to go are named', () => {
  const condition = { type: 'a', status: 'True', reason: 'r', message: '', lastTransitionTime: 'x' } as const;
  expect(serviceStatusPatch(web, { conditions: [condition], removeConditions: ['b'] })).toMatchObject({
    status: { conditions: [condition, { $patch: 'delete', type: 'b' }] },
  });
});

test('annotations are set and taken off one by one', () => {
  expect(serviceStatusPatch(web, { annotations: { a: 'b', c: undefined } })).toEqual({
    metadata: { uid: 'uid-of-web', annotations: { a: 'b', c: null } },
  });
});
