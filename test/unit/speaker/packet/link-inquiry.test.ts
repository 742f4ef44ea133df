import { expect, it } from 'vitest';
import { ARP_INQUIRY } from '../../../../src/core/fsm/inquiry/index.ts';
import { formatIp, type Ipv4 } from '../../../../src/core/net/index.ts';
import { LinkInquiry } from '../../../../src/speaker/packet/link-inquiry.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

it('takes no address for one that nobody can have while somebody asks who has it', async () => {
  const time = new ManualTime();
  const asked: string[] = [];
  const told: string[] = [];
  const draws = [v4('192.0.2.50'), v4('192.0.2.50'), v4('192.0.2.7')];
  const inquiry = new LinkInquiry(ARP_INQUIRY, {
    clock: time,
    timers: time,
    random: seededRandom(1),
    put: (address) => asked.push(formatIp(address)),
    improbable: () => draws.shift() ?? v4('192.0.2.8'),
    disbelieved: (address) => told.push(`disbelieved ${formatIp(address)}`),
  });
  const ask = (address: Ipv4): void =>
    inquiry.ask([address], 'tentative', (_, { macs }) => told.push(`${formatIp(address)} ${macs.length}`));
  ask(v4('192.0.2.60'));
  await time.advance(100);
  inquiry.heard('answered', v4('192.0.2.60'), mac('02:00:00:00:66:66'));
  ask(v4('192.0.2.50'));
  await time.advance(10_000);
  expect(asked).toContain('192.0.2.7');
  expect(told.toSorted()).toEqual(['192.0.2.50 0', '192.0.2.60 1']);
});
