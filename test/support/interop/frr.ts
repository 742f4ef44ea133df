import type { ChildProcess } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { idOf } from './processes.ts';
import { Daemons, type Neighbour, ROUTER, type Router, type SeenRoute, sorted } from './router.ts';

const FOLDER = '/usr/lib/frr';

/** FRR: zebra, bgpd, bfdd. @see https://docs.frrouting.org/en/latest/bgp.html */
export class Frr implements Router {
  readonly name = 'FRR';
  readonly #daemons: Daemons;
  #bgpd: ChildProcess | undefined;
  #running: ChildProcess[] = [];

  private constructor(daemons: Daemons) {
    this.#daemons = daemons;
  }

  static async in(namespace: string): Promise<Frr> {
    const daemons = await Daemons.in(namespace);
    await chown(daemons.folder, await idOf('frr', 'u'), await idOf('frr', 'g'));
    return new Frr(daemons);
  }

  async start(neighbours: readonly Neighbour[]): Promise<void> {
    const config = await this.#daemons.write('bgpd.conf', configuration(neighbours));
    const empty = await this.#daemons.write('empty.conf', '');
    const zebra = this.#spawn('zebra', empty);
    await this.#daemons.answering(() => this.#answers('zebra'));
    this.#running = [zebra, this.#spawn('bfdd', empty)];
    this.#bgpd = this.#spawn('bgpd', config);
    await this.#daemons.answering(() => this.#answers('bgpd'));
  }

  async route(prefix: string): Promise<SeenRoute | undefined> {
    const seen = (await this.#json(`show bgp ${familyOf(prefix)} unicast ${prefix} json`)) as FrrRoute;
    const [path] = seen.paths ?? [];
    if (path === undefined) return undefined;
    const global = path.nexthops?.find(({ scope }) => scope !== 'link-local');
    return sorted({
      nextHop: global?.ip ?? '',
      asPath: path.aspath.segments.flatMap(({ list }) => list),
      origin: path.origin.toLowerCase(),
      ...(path.metric === undefined ? {} : { med: path.metric }),
      ...(path.locPrf === undefined ? {} : { localPref: path.locPrf }),
      communities: path.community?.list ?? [],
      largeCommunities: path.largeCommunity?.list ?? [],
    });
  }

  async count(address: string): Promise<number> {
    let count = 0;
    for (const family of ['ipv4', 'ipv6']) {
      const summary = (await this.#json(`show bgp ${family} unicast summary json`)) as FrrSummary;
      count += summary.peers?.[address]?.pfxRcd ?? 0;
    }
    return count;
  }

  async isUp(address: string): Promise<boolean> {
    const seen = (await this.#json(`show bgp neighbors ${address} json`)) as Record<string, { bgpState?: string }>;
    return seen[address]?.bgpState === 'Established';
  }

  async refresh(address: string): Promise<void> {
    await this.#ask(`clear bgp ${address} soft in`);
  }

  async reset(address: string): Promise<void> {
    await this.#ask(`clear bgp ${address}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#bgpd?.kill(signal);
  }

  async crash(): Promise<void> {
    for (const child of [this.#bgpd, ...this.#running]) if (child !== undefined) await this.#daemons.kill(child);
  }

  async stop(): Promise<void> {
    await this.#daemons.stop();
  }

  async log(): Promise<string> {
    return this.#daemons.log();
  }

  #spawn(daemon: string, config: string): ChildProcess {
    const { folder } = this.#daemons;
    const common = [
      '-f',
      config,
      '-u',
      'frr',
      '-g',
      'frr',
      '--vty_socket',
      folder,
      '--log',
      'stdout',
      '-A',
      '127.0.0.1',
    ];
    const own = daemon === 'bfdd' ? ['--bfdctl', this.#daemons.path('bfdd.sock')] : [];
    return this.#daemons.spawn(`${FOLDER}/${daemon}`, [
      ...common,
      ...own,
      '-z',
      this.#daemons.path('zserv.api'),
      '-i',
      this.#daemons.path(`${daemon}.pid`),
    ]);
  }

  async #answers(daemon: string): Promise<void> {
    await this.#daemons.run('vtysh', ['--vty_socket', this.#daemons.folder, '-d', daemon, '-c', 'show version']);
  }

  #ask(command: string): Promise<string> {
    return this.#daemons.ask('vtysh', ['--vty_socket', this.#daemons.folder, '-d', 'bgpd', '-c', command]);
  }

  async #json(command: string): Promise<unknown> {
    const text = await this.#ask(command);
    return text.trim() === '' ? {} : JSON.parse(text);
  }
}

interface FrrRoute {
  readonly paths?: readonly {
    readonly aspath: { readonly segments: readonly { readonly list: readonly number[] }[] };
    readonly origin: string;
    readonly metric?: number;
    readonly locPrf?: number;
    readonly community?: { readonly list: readonly string[] };
    readonly largeCommunity?: { readonly list: readonly string[] };
    readonly nexthops?: readonly { readonly ip: string; readonly scope?: string }[];
  }[];
}

interface FrrSummary {
  readonly peers?: Readonly<Record<string, { readonly pfxRcd?: number }>>;
}

/** Nothing is told on: else each route of one session would come back on all others. */
function configuration(neighbours: readonly Neighbour[]): string {
  const activated = (family: 'IPv4' | 'IPv6'): string[] => [
    ` address-family ${family.toLowerCase()} unicast`,
    ...neighbours
      .filter(({ families }) => families.includes(family))
      .flatMap(({ address, maxPrefixes }) => [
        `  neighbor ${address} activate`,
        `  neighbor ${address} route-map NONE out`,
        ...(maxPrefixes === undefined ? [] : [`  neighbor ${address} maximum-prefix ${maxPrefixes}`]),
      ]),
    ' exit-address-family',
  ];
  return [
    'route-map NONE deny 10',
    `router bgp ${ROUTER.asn}`,
    ` bgp router-id ${ROUTER.id}`,
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' bgp graceful-restart',
    ...neighbours.flatMap(neighbourLines),
    ...activated('IPv4'),
    ...activated('IPv6'),
    '',
  ].join('\n');
}

function neighbourLines(neighbour: Neighbour): string[] {
  const { address, asn, holdTimeSeconds: hold = 30 } = neighbour;
  const line = (text: string): string => ` neighbor ${address} ${text}`;
  return [
    line(`remote-as ${asn}`),
    line(`update-source ${neighbour.local}`),
    line(`timers ${Math.floor(hold / 3)} ${hold}`),
    line('timers connect 1'),
    ...(neighbour.active === true ? [] : [line('passive')]),
    ...(neighbour.password === undefined ? [] : [line(`password ${neighbour.password}`)]),
    ...(neighbour.ttlSecurity === true ? [line('ttl-security hops 1')] : []),
    ...(neighbour.multihop === true ? [line('ebgp-multihop 5')] : []),
    ...(neighbour.bfd === true ? [line('bfd 3 300 300')] : []),
    ...(neighbour.twoOctetAs === true ? [line('dont-capability-negotiate')] : []),
  ];
}

function familyOf(prefix: string): 'ipv4' | 'ipv6' {
  return prefix.includes(':') ? 'ipv6' : 'ipv4';
}
