import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import type { NamespaceLan } from '../namespace-lan.ts';
import { hasProgram } from '../network-namespace.ts';
import { interopLan, ROUTER_TAKES, route } from './bed.ts';
import type { Router } from './router.ts';
import { type InteropSession, prefixesOf, routesOf, SESSIONS } from './sessions.ts';
import { SpeakerHost } from './speaker-host.ts';
import { dropBfd } from './traffic.ts';

export interface RouterSuite {
  readonly name: string;
  /** Programs that have to be there, and the Debian package that they are in. */
  readonly programs: readonly string[];
  readonly package: string;
  readonly create: (namespace: string) => Promise<Router>;
  /** What a router that knows no 4-octet AS numbers shows; those of AS4_PATH by default. */
  readonly oldAsPath?: readonly number[];
  /** Sessions and cases that the daemon cannot do, and why: docs/bgp.md says the same. */
  readonly cannot: Readonly<Partial<Record<string, string>>>;
}

const COMMUNITIES = ROUTER_TAKES.communities.map(([high, low]) => `${high}:${low}`).sort();
const LARGE_COMMUNITIES = ROUTER_TAKES.largeCommunities
  .map(({ globalAdministrator, localData1, localData2 }) => `${globalAdministrator}:${localData1}:${localData2}`)
  .sort();
const MANY = 10_000;
const PATIENCE_MS = 20_000;

/** Everything that must hold between our speaker and one kind of router. In order: later cases end what earlier ones need. */
export function routerSuite(suite: RouterSuite): void {
  const missing = suite.programs.filter((program) => !hasProgram(program));
  const why = missing.length > 0 && process.env.CI === undefined ? ` (needs the package ${suite.package})` : '';
  describe.skipIf(why !== '')(`${suite.name}${why}`, () => cases(suite));
}

function cases(suite: RouterSuite): void {
  const can = SESSIONS.filter(({ name }) => suite.cannot[name] === undefined);
  const up = can.filter(({ refused }) => refused !== true);
  const routes = up.flatMap(routesOf);
  let lan: NamespaceLan;
  let router: Router;
  let speaker: SpeakerHost;
  let stateDir: string;

  const begin = (): Promise<SpeakerHost> => SpeakerHost.start('node', { listen: true, stateDir });
  const wanted = (): void =>
    speaker.snapshot(
      can.map(({ ours }) => ours),
      routes,
    );
  const allUp = async (): Promise<void> => {
    for (const { name } of up) await speaker.state(name, 'established');
  };
  const hasRoutes = (each: InteropSession): Promise<void> =>
    patiently(async () => {
      for (const [family, prefix] of prefixesOf(each)) {
        const seen = await router.route(prefix);
        const { localPref, nextHop, ...rest } = seen ?? { nextHop: '' };
        expect({ prefix, ...rest }).toEqual({
          prefix,
          asPath: each.name === 'old-router' ? (suite.oldAsPath ?? each.expected.asPath) : each.expected.asPath,
          origin: 'igp',
          med: 77,
          communities: COMMUNITIES,
          largeCommunities: LARGE_COMMUNITIES,
        });
        expect(nextHop.startsWith(each.expected.nextHops[family] ?? '?'), nextHop).toBe(true);
        if (each.expected.localPref !== undefined) expect(localPref).toBe(each.expected.localPref);
      }
    });
  const find = (name: string): InteropSession => SESSIONS.find((each) => each.name === name) ?? unknownSession(name);
  /** Declares a test of what the daemon can do. */
  const only = (name: string): ((title: string, test: () => Promise<void>) => void) =>
    suite.cannot[name] === undefined ? it : () => {};

  it('cannot do what docs/bgp.md says that it cannot, and nothing else is left out', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/bgp.md'), 'utf8');
    const said = page.split('\n').filter((line) => line.startsWith(`| ${suite.name} |`));
    expect(said).toEqual(Object.entries(suite.cannot).map(([what, why]) => `| ${suite.name} | ${what} | ${why} |`));
  });

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'heraldlb-state-'));
    lan = await interopLan(SESSIONS.map(({ source }) => source));
    router = await suite.create('router');
    await router.start(can.map(({ theirs }) => theirs));
    speaker = await begin();
    wanted();
  });

  afterAll(async () => {
    if (process.env.HERALDLB_INTEROP_LOG !== undefined) console.log(await router?.log(), speaker?.history);
    await speaker?.stop();
    await router?.stop();
    await lan?.destroy();
    await rm(stateDir, { recursive: true, force: true });
    expect(speaker?.failures).toEqual([]);
  });

  for (const each of SESSIONS.filter(({ refused }) => refused !== true)) {
    only(each.name)(`has a session "${each.name}" and its routes, attribute by attribute`, async () => {
      await speaker.state(each.name, 'established');
      await patiently(async () => expect(await router.isUp(each.source)).toBe(true));
      await hasRoutes(each);
    });
  }

  only('both-active')('ends a collision with one session that stays', async () => {
    const begun = speaker.history.filter(({ peer, state }) => peer === 'both-active' && state === 'established').length;
    await sleep(1500);
    const since = speaker.history.filter(({ peer, state }) => peer === 'both-active' && state === 'established').length;
    expect(since).toBe(begun);
    expect(speaker.reports.get('both-active')?.state).toBe('established');
  });

  only('wrong-password')('has no session with a wrong password, and we say what may be wrong', async () => {
    await patiently(() => {
      const report = speaker.reports.get('wrong-password');
      expect(report?.state).not.toBe('established');
      expect(report?.lastError).toMatch(/password/);
    });
  });

  only('wrong-as')('refuses a wrong AS number, and we say so', async () => {
    await patiently(() => {
      expect(speaker.reports.get('wrong-as')?.lastError).toMatch(/AS/);
    });
    expect(speaker.history.some(({ peer, state }) => peer === 'wrong-as' && state === 'established')).toBe(false);
  });

  only('refresh')('gets all routes again when it asks for them', async () => {
    const asked = (): Promise<number> =>
      speaker.measure('heraldlb_bgp_messages_received_total', { peer: 'v4', type: 'routeRefresh' });
    const sent = (): Promise<number> => speaker.measure('heraldlb_bgp_updates_sent_total', { peer: 'v4' });
    const before = { asked: await asked(), sent: await sent() };
    await router.refresh(find('v4').source);
    await patiently(async () => {
      expect(await asked()).toBeGreaterThan(before.asked);
      expect(await sent()).toBeGreaterThan(before.sent);
    });
    await hasRoutes(find('v4'));
  });

  it('changes an attribute, and withdraws', async () => {
    const [[, prefix = ''] = []] = prefixesOf(find('v4'));
    speaker.change([route(prefix, { peers: ['v4'], med: 5 })]);
    await patiently(async () => expect(await router.route(prefix)).toMatchObject({ med: 5, communities: [] }));
    speaker.change([], [route(prefix)]);
    await patiently(async () => expect(await router.route(prefix)).toBeUndefined());
    speaker.change(routesOf(find('v4')));
    await hasRoutes(find('v4'));
  });

  only('limited')('ends a session that has too many prefixes, and we say why', async () => {
    const extra = Array.from({ length: 10 }, (_, index) => route(`192.0.2.${index}/32`, { peers: ['limited'] }));
    speaker.change(extra);
    await patiently(() => {
      const ended = speaker.history.find(({ peer, lastError }) => peer === 'limited' && lastError !== '');
      expect(ended?.lastError).toMatch(/[Pp]refix/);
    });
    speaker.change([], extra);
  });

  only('reset')('resets a session, which comes back with its routes', async () => {
    await router.reset(find('dual').source);
    await patiently(() => expect(speaker.reports.get('dual')?.lastError).not.toBe(''));
    await speaker.state('dual', 'established');
    await hasRoutes(find('dual'));
  });

  it(`takes ${MANY} prefixes and their withdrawal`, async () => {
    const { source } = find('v4');
    const before = await router.count(source);
    const many = Array.from({ length: MANY }, (_, index) =>
      route(`100.64.${index >> 8}.${index & 255}/32`, { peers: ['v4'] }),
    );
    speaker.change(many);
    await patiently(async () => expect(await router.count(source)).toBe(before + MANY));
    speaker.change([], many);
    await patiently(async () => expect(await router.count(source)).toBe(before));
  });

  only('bfd')('ends the session at once when BFD fails, and takes it up again', async () => {
    await patiently(() => expect(speaker.reports.get('bfd')?.bfd).toBe('up'));
    const before = speaker.history.length;
    const pass = await dropBfd('router');
    try {
      // Whoever notices first ends it; a router may do so without a word.
      await patiently(() => {
        const since = speaker.history.slice(before).filter(({ peer }) => peer === 'bfd');
        expect(since.some(({ state }) => state !== 'established')).toBe(true);
      });
    } finally {
      await pass();
    }
    await speaker.state('bfd', 'established');
    await patiently(() => expect(speaker.reports.get('bfd')?.bfd).toBe('up'));
    await hasRoutes(find('bfd'));
  });

  only('short-hold')('falls silent: we end the session when the hold time is over (RFC 4271 §6.5)', async () => {
    router.signal('SIGSTOP');
    try {
      await patiently(() => {
        const report = speaker.history.findLast(({ peer }) => peer === 'short-hold');
        expect(report?.state).not.toBe('established');
        expect(report?.lastError).toMatch(/[Hh]old/);
      });
      expect(speaker.reports.get('v4')?.state).toBe('established');
    } finally {
      router.signal('SIGCONT');
    }
    await speaker.state('short-hold', 'established');
  });

  only('restart')(
    'keeps our routes while we restart, and forgets those of sessions without graceful restart',
    async () => {
      await speaker.state('restart', 'established');
      await hasRoutes(find('restart'));
      await speaker.kill();
      await patiently(async () => expect(await router.count(find('v4').source)).toBe(0));
      expect(await router.count(find('restart').source)).toBe(1);
      speaker = await begin();
      await speaker.state('restart', 'established');
      await hasRoutes(find('restart'));
      await hasRoutes(find('v4'));
    },
  );

  it('dies and comes back: it has all routes again', async () => {
    await router.crash();
    await patiently(() => expect(speaker.reports.get('v4')?.state).not.toBe('established'));
    await router.start(can.map(({ theirs }) => theirs));
    wanted();
    await allUp();
    for (const each of up) await hasRoutes(each);
  });

  only('goodbye')('hears our goodbye, and has no route of ours any more', async () => {
    await speaker.stop();
    await patiently(async () => {
      for (const each of up) {
        if (each.name === 'restart') continue;
        expect(await router.isUp(each.source), each.name).toBe(false);
        for (const [, prefix] of prefixesOf(each)) expect(await router.route(prefix), each.name).toBeUndefined();
      }
    });
  });
}

/** What only has to happen in the end may take its time: the machine may be busy. */
function patiently(assertion: () => void | Promise<void>): Promise<void> {
  return eventually(assertion, PATIENCE_MS);
}

function unknownSession(name: string): never {
  throw new Error(`no session ${name}`);
}
