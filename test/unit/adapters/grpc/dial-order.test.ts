import { describe, expect, it } from 'vitest';
import { DialOrder } from '../../../../src/adapters/grpc/dial-order.ts';

describe('the order in which two targets are dialled', () => {
  const dialled = (order: DialOrder, results: readonly boolean[]): string[] =>
    results.map((understood) => {
      const { target } = order;
      order.dialled(understood);
      return target;
    });

  it('dials the first twice before the other, and is back after one of that', () => {
    const order = new DialOrder('address', 'name');
    expect(dialled(order, Array(6).fill(false))).toEqual(['address', 'address', 'name', 'address', 'address', 'name']);
  });

  it('begins anew after every session', () => {
    const order = new DialOrder('address', 'name');
    expect(dialled(order, [false, true, false, false, false])).toEqual([
      'address',
      'address',
      'address',
      'address',
      'name',
    ]);
  });

  it('prefers from then on the one that led to the controller', () => {
    const order = new DialOrder('address', 'name');
    expect(dialled(order, [false, false, true, false, false, false, false])).toEqual([
      'address',
      'address',
      'name',
      'name',
      'name',
      'address',
      'name',
    ]);
  });
});
