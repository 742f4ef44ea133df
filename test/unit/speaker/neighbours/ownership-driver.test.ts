import { expect, it } from 'vitest';
import { OwnershipDriver } from '../../../../src/speaker/neighbours/ownership-driver.ts';
import { v4 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';

it('hears what neighbours have said before it lets time pass', async () => {
  const time = new ManualTime();
  const order: string[] = [];
  const driver = new OwnershipDriver(
    { nodeName: 'node1', incarnation: 1 },
    { clock: time, timers: time, hear: () => order.push('hear'), perform: () => order.push('perform') },
  );
  driver.handle({ kind: 'neighbours', neighbours: [{ nodeName: 'node2', addresses: [v4('192.0.2.2')] }] });
  driver.begin();
  order.length = 0;
  await time.advance(1000);
  expect(order).toContain('perform');
  expect(order.filter((step, at) => step === 'perform' && order[at - 1] !== 'hear')).toEqual([]);
});
