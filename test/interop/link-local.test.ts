import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { interopLan, peer, route } from '../support/interop/bed.ts';
import { Bird } from '../support/interop/bird.ts';
import { SpeakerHost } from '../support/interop/speaker-host.ts';
import type { NamespaceLan } from '../support/namespace-lan.ts';
import { hasProgram, ip } from '../support/network-namespace.ts';

const SPEAKER = 'fe80::11';
const ROUTER = 'fe80::2';

describe.skipIf(!hasProgram('bird') && process.env.CI === undefined)(
  'a session over an interface (needs bird2)',
  () => {
    let lan: NamespaceLan;
    let bird: Bird;
    let speaker: SpeakerHost;

    beforeAll(async () => {
      lan = await interopLan([SPEAKER]);
      await ip(`-n router address add ${ROUTER}/64 dev eth0 nodad`);
      bird = await Bird.in('router');
      const families = ['IPv4', 'IPv6'] as const;
      await bird.start([
        {
          address: `${SPEAKER}%eth0`,
          local: ROUTER,
          asn: 64_512,
          families,
          active: true,
          extendedNextHop: true,
        },
      ]);
      speaker = await SpeakerHost.start('node', { stateDir: '/run/heraldlb-link-local' });
    });

    afterAll(async () => {
      await speaker?.stop();
      await bird?.stop();
      await lan?.destroy();
    });

    it('comes up when the router connects to the link-local address, and carries both families (RFC 8950)', async () => {
      const { sourceAddress: _, ...settings } = peer('unnumbered', SPEAKER, {
        endpoint: { kind: 'interface', name: 'eth0' },
        families: ['IPv4', 'IPv6'],
      });
      speaker.snapshot([settings], [route('198.51.100.1/32'), route('2001:db8::1/128')]);
      await speaker.state('unnumbered', 'established');
      await patiently(async () => {
        for (const prefix of ['198.51.100.1/32', '2001:db8::1/128'])
          expect((await bird.route(prefix))?.nextHop).toMatch(/^(fd09|fe80)::/);
      });
    });
  },
);

/** What only has to happen in the end may take its time: the machine may be busy. */
function patiently(assertion: () => void | Promise<void>): Promise<void> {
  return eventually(assertion, 20_000);
}
