import { expect, it } from 'vitest';
import { mapInvocation } from '../../../../../src/adapters/kube/mapping/invocation.ts';

it('gathers what all containers are told, and leaves out variables whose value stands elsewhere', () => {
  const containers = [
    { args: ['controller', '--pool=192.0.2.0/28'], env: [{ name: 'HERALDLB_POOL', value: '192.0.2.16/28' }] },
    { env: [{ name: 'POD_NAME' }] },
  ];
  expect(mapInvocation(containers)).toEqual({
    args: ['controller', '--pool=192.0.2.0/28'],
    environment: { HERALDLB_POOL: '192.0.2.16/28' },
  });
  expect(mapInvocation([])).toEqual({ args: [], environment: {} });
});
