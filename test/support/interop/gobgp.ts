import type { ChildProcess } from 'node:child_process';
import { Daemons, type Neighbour, ROUTER, type Router, type SeenRoute, sorted } from './router.ts';

const API_PORT = 50_051;

/** GoBGP. @see https://github.com/osrg/gobgp/blob/master/docs/sources/configuration.md */
export class GoBgp implements Router {
  readonly name = 'GoBGP';
  readonly #daemons: Daemons;
  #gobgpd: ChildProcess | undefined;

  private constructor(daemons: Daemons) {
    this.#daemons = daemons;
  }

  static async in(namespace: string): Promise<GoBgp> {
    return new GoBgp(await Daemons.in(namespace));
  }

  async start(neighbours: readonly Neighbour[]): Promise<void> {
    const config = await this.#daemons.write('gobgpd.toml', configuration(neighbours));
    this.#gobgpd = this.#daemons.spawn('gobgpd', [
      '-f',
      config,
      '-t',
      'toml',
      `--api-hosts=127.0.0.1:${API_PORT}`,
      '--pprof-disable',
    ]);
    await this.#daemons.answering(() => this.#ask('global'));
  }

  async route(prefix: string): Promise<SeenRoute | undefined> {
    const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
    const text = await this.#ask(`-j global rib ${prefix} -a ${family}`).catch(() => '');
    if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
    const parsed = JSON.parse(text) as Readonly<Record<string, readonly GoBgpPath[]>>;
    const [path] = Object.values(parsed).flat();
    if (path === undefined) return undefined;
    const attribute = (type: number): GoBgpAttribute | undefined => path.attrs.find((each) => each.type === type);
    const med = attribute(4)?.metric;
    const localPref = attribute(5)?.value;
    return sorted({
      nextHop: attribute(3)?.nexthop ?? attribute(14)?.nexthop ?? '',
      asPath: (attribute(2)?.as_paths ?? []).flatMap(({ asns }) => asns ?? []),
      origin: attribute(1)?.value === 0 ? 'igp' : 'other',
      ...(med === undefined ? {} : { med }),
      ...(localPref === undefined ? {} : { localPref }),
      communities: (attribute(8)?.communities ?? []).map((value) => `${value >>> 16}:${value & 0xffff}`),
      largeCommunities:
        (attribute(32)?.value as unknown as GoBgpLarge[] | undefined)?.map(
          ({ ASN, LocalData1, LocalData2 }) => `${ASN}:${LocalData1}:${LocalData2}`,
        ) ?? [],
    });
  }

  async count(address: string): Promise<number> {
    const neighbour = await this.#neighbour(address);
    return (neighbour?.afi_safis ?? []).reduce((sum, { state }) => sum + Number(state?.received ?? 0), 0);
  }

  async isUp(address: string): Promise<boolean> {
    return (await this.#neighbour(address))?.state?.session_state === 6;
  }

  async refresh(address: string): Promise<void> {
    await this.#ask(`neighbor ${address} softresetin`);
  }

  async reset(address: string): Promise<void> {
    // Its own reset stays away for 30 s.
    await this.#ask(`neighbor ${address} disable`);
    await this.#ask(`neighbor ${address} enable`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#gobgpd?.kill(signal);
  }

  async crash(): Promise<void> {
    if (this.#gobgpd !== undefined) await this.#daemons.kill(this.#gobgpd);
  }

  async stop(): Promise<void> {
    await this.#daemons.stop();
  }

  async log(): Promise<string> {
    return this.#daemons.log();
  }

  async #neighbour(address: string): Promise<GoBgpNeighbour | undefined> {
    const all = JSON.parse(await this.#ask('-j neighbor')) as readonly GoBgpNeighbour[];
    return all.find(({ conf }) => conf?.neighbor_address === address);
  }

  #ask(command: string): Promise<string> {
    return this.#daemons.run('gobgp', ['-p', String(API_PORT), ...command.split(' ')]);
  }
}

interface GoBgpAttribute {
  readonly type: number;
  readonly value?: number;
  readonly nexthop?: string;
  readonly metric?: number;
  readonly as_paths?: readonly { readonly asns?: readonly number[] }[];
  readonly communities?: readonly number[];
}

interface GoBgpLarge {
  readonly ASN: number;
  readonly LocalData1: number;
  readonly LocalData2: number;
}

interface GoBgpPath {
  readonly attrs: readonly GoBgpAttribute[];
}

interface GoBgpNeighbour {
  readonly conf?: { readonly neighbor_address?: string };
  readonly state?: { readonly session_state?: number };
  readonly afi_safis?: readonly { readonly state?: { readonly received?: number | string } }[];
}

/** Nothing is told on: else each route of one session would come back on all others. */
function configuration(neighbours: readonly Neighbour[]): string {
  return [
    '[global.config]',
    `  as = ${ROUTER.asn}`,
    `  router-id = "${ROUTER.id}"`,
    '[global.apply-policy.config]',
    '  default-export-policy = "reject-route"',
    ...neighbours.flatMap(neighbourLines),
    '',
  ].join('\n');
}

function neighbourLines(neighbour: Neighbour): string[] {
  const { address, asn, holdTimeSeconds: hold = 30 } = neighbour;
  return [
    '[[neighbors]]',
    '  [neighbors.config]',
    `    neighbor-address = "${address}"`,
    `    peer-as = ${asn}`,
    ...(neighbour.password === undefined ? [] : [`    auth-password = "${neighbour.password}"`]),
    '  [neighbors.transport.config]',
    `    passive-mode = ${neighbour.active !== true}`,
    `    local-address = "${neighbour.local}"`,
    '  [neighbors.timers.config]',
    `    hold-time = ${hold}`,
    `    keepalive-interval = ${hold / 3}`,
    '    connect-retry = 1',
    '    idle-hold-time-after-reset = 1',
    ...(neighbour.ttlSecurity === true
      ? ['  [neighbors.ttl-security.config]', '    enabled = true', '    ttl-min = 255']
      : []),
    ...(neighbour.multihop === true
      ? ['  [neighbors.ebgp-multihop.config]', '    enabled = true', '    multihop-ttl = 5']
      : []),
    ...(neighbour.gracefulRestart === true
      ? ['  [neighbors.graceful-restart.config]', '    enabled = true', '    restart-time = 20']
      : []),
    ...neighbour.families.flatMap((family) => [
      '  [[neighbors.afi-safis]]',
      '    [neighbors.afi-safis.config]',
      `      afi-safi-name = "${family.toLowerCase()}-unicast"`,
      ...(neighbour.gracefulRestart === true
        ? ['    [neighbors.afi-safis.mp-graceful-restart.config]', '      enabled = true']
        : []),
      ...(neighbour.maxPrefixes === undefined
        ? []
        : ['    [neighbors.afi-safis.prefix-limit.config]', `      max-prefixes = ${neighbour.maxPrefixes}`]),
    ]),
  ];
}
