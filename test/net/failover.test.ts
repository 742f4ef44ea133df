import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ipv4, ipv4FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../support/eventually.ts';
import { v4 } from '../support/fake-lan.ts';
import { neighbour, Station } from '../support/namespace-lan.ts';
import { ip, sendDatagram } from '../support/network-namespace.ts';
import { CLIENT, SpeakerLan } from '../support/speaker-lan.ts';

const NODES = ['node1', 'node2', 'node3'];
/** Longer than detection, takeover and report take on a busy machine. */
const PATIENCE_MS = 20_000;
/** Long enough for a wrong takeover: several times the silence that neighbours tolerate. */
const QUIET_MS = 2000;
/** Speakers write what they know at most once a second. */
const KEPT_AFTER_MS = 2000;

describe('three speakers that share an address', () => {
  let lan: SpeakerLan;
  let station: Station;
  let address: Ipv4;
  let count = 0;

  beforeAll(async () => {
    lan = await SpeakerLan.create(NODES.length);
    station = await Station.open(CLIENT);
    await lan.repair();
  });

  /** Each test has an address of its own, which node1 owns. */
  beforeEach(async () => {
    count += 1;
    address = ipv4FromValue(v4('10.9.1.0') + count);
    lan.controller.grant([address], NODES);
    await owned('node1');
    // Caches of the kernel know the nodes as well as on any LAN that has been up for a while.
    await sleep(300);
  });

  afterEach(() => lan.repair());

  afterAll(async () => {
    station?.close();
    await lan?.[Symbol.asyncDispose]();
  });

  const answerer = (): Promise<string> => lan.answererOf(address, station);

  /** One node claims the address, by its own word, and it is the one that answers. */
  const owned = (by: string): Promise<void> =>
    eventually(async () => {
      expect(lan.controller.claimantsOf(address)).toEqual([by]);
      expect(await answerer()).toBe(by);
    }, PATIENCE_MS);

  /** Whoever it is: one node claims the address, the same one answers, and it stays so. */
  const oneOwnerAfter = async (repair: () => Promise<void>): Promise<void> => {
    await repair();
    await eventually(async () => {
      expect(lan.controller.whole).toBe(true);
      const claimants = lan.controller.claimantsOf(address);
      expect(claimants).toHaveLength(1);
      for (let sample = 0; sample < 20; sample += 1) {
        expect(lan.controller.claimantsOf(address)).toEqual(claimants);
        expect([await answerer()]).toEqual(claimants);
        await sleep(50);
      }
    }, PATIENCE_MS);
  };

  const answered = (by: string): Promise<void> =>
    eventually(async () => expect(await answerer()).toBe(by), PATIENCE_MS);

  /** For a while nobody but the owner answers, and nobody begins or ceases to claim. */
  const undisturbed = async (by: string, during: () => Promise<unknown>): Promise<void> => {
    const before = NODES.map((node) =>
      lan
        .node(node)
        .changes(address)
        .filter((change) => change.startsWith('claim')),
    );
    await during();
    for (const endMs = performance.now() + QUIET_MS; performance.now() < endMs; await sleep(50))
      expect(await answerer()).toBe(by);
    const after = NODES.map((node) =>
      lan
        .node(node)
        .changes(address)
        .filter((change) => change.startsWith('claim')),
    );
    expect(after).toEqual(before);
  };

  describe('when the power of the owner is cut', () => {
    it('lets the next candidate take over, and leaves it there when the node returns', async () => {
      await lan.node('node1').cutPower();
      await owned('node2');
      expect(lan.node('node2').changes(address)).toEqual(['claim neighbour-down']);
      await lan.node('node1').restorePower();
      await eventually(() => expect(lan.controller.connected).toEqual(NODES), PATIENCE_MS);
      await undisturbed('node2', async () => {});
      expect(lan.controller.claimantsOf(address)).toEqual(['node2']);
    });

    it('does so although another station answers for the node', async () => {
      try {
        // Before, it would only draw hellos to itself.
        await Promise.all([lan.node('node1').cutPower(), ip(`-n ${CLIENT} address add 10.9.0.1/32 dev lo`)]);
        await owned('node2');
        expect(lan.node('node2').changes(address)).toEqual(['claim neighbour-down']);
      } finally {
        await ip(`-n ${CLIENT} address delete 10.9.0.1/32 dev lo`);
      }
    });

    it('does so without the controller as well', async () => {
      lan.loseController();
      await lan.node('node1').cutPower();
      await answered('node2');
      lan.regainController();
    });

    it('moves what the kernel of a client believes', async () => {
      sendDatagram(CLIENT, address);
      await eventually(async () => {
        expect(await neighbour(CLIENT, address)).toMatchObject({ mac: lan.node('node1').mac });
      });
      await lan.node('node1').cutPower();
      await eventually(async () => {
        expect(await neighbour(CLIENT, address)).toMatchObject({ mac: lan.node('node2').mac });
      }, PATIENCE_MS);
    });

    it('reaches the last candidate when both before it are gone', async () => {
      await Promise.all([lan.node('node1').cutPower(), lan.node('node2').cutPower()]);
      await answered('node3');
    });
  });

  describe('when the link of the owner goes down, and its speaker lives', () => {
    it('lets the next candidate take over, and leaves it there when the link is back', async () => {
      await ip('-n switch link set node1-eth0 down');
      await answered('node2');
      await ip('-n switch link set node1-eth0 up');
      await owned('node2');
      await undisturbed('node2', async () => {});
    });

    it('moves once, however often it goes up and down', async () => {
      for (let flap = 0; flap < 20; flap += 1) {
        await ip(`-n switch link set node1-eth0 ${flap % 2 === 0 ? 'down' : 'up'}`);
        await sleep(100);
      }
      await owned('node2');
      const claims = NODES.flatMap((node) => lan.node(node).changes(address)).filter((change) =>
        change.startsWith('claim'),
      );
      // The first by the grant, one takeover, and at most a few by the owner while nobody else could know.
      expect(claims.length).toBeLessThanOrEqual(5);
      // Until it has been up for a while the link is not trusted again.
      await ip('-n switch link set node1-eth0 up');
      await sleep(1500);
    });
  });

  describe('when only the speaker of the owner is gone', () => {
    it.each(['SIGKILL', 'SIGTERM'] as const)(
      'answers with the MAC of the owner after %s, and moves nothing',
      async (signal) => {
        await sleep(KEPT_AFTER_MS);
        await undisturbed('node1', async () => {
          await lan.node('node1').signal(signal);
          await eventually(() => expect(lan.node('node2').changes(address).at(-1)).toMatch(/^stand-in/), PATIENCE_MS);
        });
        lan.node('node1').start();
        await eventually(() => {
          expect(lan.node('node1').changes(address).at(-1)).toBe('claim restored');
          expect(lan.node('node2').changes(address).at(-1)).toBe('nothing owner-returned');
        }, PATIENCE_MS);
        await owned('node1');
      },
    );

    it('does so while it is stopped for a while, and lets it go on', async () => {
      await undisturbed('node1', () => lan.node('node1').signal('SIGSTOP'));
      await undisturbed('node1', () => lan.node('node1').signal('SIGCONT'));
      await owned('node1');
    });

    it('goes on without the controller when the speaker comes back', async () => {
      await sleep(KEPT_AFTER_MS);
      lan.loseController();
      await undisturbed('node1', () => lan.node('node1').signal('SIGKILL'));
      lan.node('node1').start();
      await eventually(() => expect(lan.node('node1').changes(address).at(-1)).toBe('claim restored'), PATIENCE_MS);
      await undisturbed('node1', async () => {});
      lan.regainController();
    });

    it('takes over when the power of its node goes as well', async () => {
      await lan.node('node1').signal('SIGKILL');
      await eventually(() => expect(lan.node('node2').changes(address).at(-1)).toMatch(/^stand-in/), PATIENCE_MS);
      await lan.node('node1').cutPower();
      await answered('node2');
    });
  });

  describe('when the network splits and heals', () => {
    it.each([
      ['the owner alone', ['node1'], 'node2'],
      ['the owner with the last candidate', ['node1', 'node3'], 'node2'],
      ['the owner with the next candidate', ['node1', 'node2'], 'node3'],
    ])('has one owner on each side, with %s cut off, and one again after it', async (_, island, successor) => {
      await lan.partition(...island);
      await answered(successor);
      await oneOwnerAfter(() => lan.heal());
    });

    it.each([
      ['the next candidate', ['node2']],
      ['the last candidate', ['node3']],
      ['both other candidates', ['node2', 'node3']],
    ])('stays where it is for the client, with %s cut off, and has one owner after it', async (_, island) => {
      await lan.partition(...island);
      await sleep(QUIET_MS);
      expect(await answerer()).toBe('node1');
      await oneOwnerAfter(() => lan.heal());
    });

    it('has one owner after everybody was cut off from everybody', async () => {
      await lan.isolate(...NODES);
      await sleep(QUIET_MS);
      await oneOwnerAfter(() => lan.heal());
    });

    it('moves nothing while a third node hears both that do not hear each other', async () => {
      await undisturbed('node1', () => lan.isolate('node1', 'node2'));
    });
  });

  describe('on a bad network', () => {
    it('moves nothing when the next candidate does not hear the owner, but another node does', async () => {
      await undisturbed('node1', () => lan.deafen('node2', lan.node('node1'), 100));
    });

    it('moves nothing when a fifth of what the owner says is lost', async () => {
      await undisturbed('node1', () =>
        Promise.all(['node2', 'node3'].map((node) => lan.deafen(node, lan.node('node1'), 20))),
      );
    });

    it('moves nothing when the switch forgets who is where', async () => {
      await undisturbed('node1', () => lan.forget());
    });
  });
});

describe('speakers of a thousand addresses', () => {
  it('take all of them over from a node without power', async () => {
    await using lan = await SpeakerLan.create(2);
    await lan.repair();
    const station = await Station.open(CLIENT);
    const all = Array.from({ length: 1000 }, (_, index) => ipv4FromValue(v4('10.9.4.0') + index));
    lan.controller.grant(all, ['node1', 'node2']);
    await eventually(() => expect(lan.controller.shares).toMatchObject({ node1: 1000 }), PATIENCE_MS);
    await lan.node('node1').cutPower();
    await eventually(() => expect(lan.controller.shares).toMatchObject({ node2: 1000 }), PATIENCE_MS);
    for (const address of [all[0], all[499], all[999]])
      expect(await lan.answererOf(address ?? all[0] ?? v4('0.0.0.0'), station)).toBe('node2');
    station.close();
  });
});
