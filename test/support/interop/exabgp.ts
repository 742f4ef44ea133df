import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Daemons, type Neighbour, ROUTER, type Router, type SeenRoute, sorted } from './router.ts';

/**
 * ExaBGP, which has no table: it hands on what it hears, attribute by attribute, and the table is kept here.
 * @see https://github.com/Exa-Networks/exabgp/wiki
 */
export class ExaBgp implements Router {
  readonly name = 'ExaBGP';
  readonly #daemons: Daemons;
  #exabgp: ChildProcess | undefined;
  #generation = 0;

  private constructor(daemons: Daemons) {
    this.#daemons = daemons;
  }

  static async in(namespace: string): Promise<ExaBgp> {
    return new ExaBgp(await Daemons.in(namespace));
  }

  async start(neighbours: readonly Neighbour[]): Promise<void> {
    this.#generation += 1;
    const sink = await this.#daemons.write('sink.py', SINK);
    const run = `/usr/bin/python3 ${sink} ${this.#heardPath}`;
    const config = await this.#daemons.write('exabgp.conf', configuration(neighbours, run));
    await this.#daemons.write(this.#heardName, '');
    this.#exabgp = this.#daemons.spawn('exabgp', [config], {
      'exabgp.api.cli': 'false',
      'exabgp.api.ack': 'false',
      'exabgp.daemon.user': 'root',
      'exabgp.daemon.drop': 'false',
      'exabgp.log.level': 'WARNING',
      'exabgp.tcp.bind': `${ROUTER.v4} ${ROUTER.v4Password} ${ROUTER.v4WrongPassword} ${ROUTER.v6}`,
      'exabgp.tcp.port': '179',
      'exabgp.tcp.delay': '0',
    });
    await this.#daemons.answering(async () => {
      const sockets = await this.#daemons.run('ss', ['-Hltn', 'sport = :179']);
      if (!sockets.includes(ROUTER.v6)) throw new Error(sockets);
    });
  }

  async route(prefix: string): Promise<SeenRoute | undefined> {
    return this.#table().get(prefix)?.route;
  }

  async count(address: string): Promise<number> {
    return [...this.#table().values()].filter(({ from }) => from === address).length;
  }

  async isUp(address: string): Promise<boolean> {
    return (
      this.#heard().findLast(({ type, neighbor }) => type === 'state' && neighbor.address.peer === address)?.neighbor
        .state === 'up'
    );
  }

  async refresh(): Promise<void> {
    throw new Error('ExaBGP asks for no refresh');
  }

  async reset(): Promise<void> {
    throw new Error('ExaBGP resets no single session');
  }

  signal(signal: NodeJS.Signals): void {
    this.#exabgp?.kill(signal);
  }

  async crash(): Promise<void> {
    if (this.#exabgp !== undefined) await this.#daemons.kill(this.#exabgp);
  }

  async stop(): Promise<void> {
    await this.#daemons.stop();
  }

  async log(): Promise<string> {
    return this.#daemons.log();
  }

  /** A file for each start: what an earlier process heard is gone with it. */
  get #heardName(): string {
    return `heard-${this.#generation}.json`;
  }

  get #heardPath(): string {
    return this.#daemons.path(this.#heardName);
  }

  #heard(): ExaBgpEvent[] {
    const lines = readFileSync(this.#heardPath, 'utf8').split('\n');
    return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as ExaBgpEvent);
  }

  #table(): Map<string, Entry> {
    const table = new Map<string, Entry>();
    for (const { type, neighbor } of this.#heard()) {
      const from = neighbor.address.peer;
      if (type === 'state' && neighbor.state === 'down')
        for (const [prefix, entry] of table) if (entry.from === from) table.delete(prefix);
      const { withdraw = {}, announce = {}, attribute = {} } = neighbor.message?.update ?? {};
      for (const { nlri } of Object.values(withdraw).flat()) table.delete(nlri);
      for (const [nextHop, nlri] of announcedIn(announce))
        table.set(nlri, { from, route: routeOf(nextHop, attribute) });
    }
    return table;
  }
}

interface Entry {
  readonly from: string;
  readonly route: SeenRoute;
}

interface Nlri {
  readonly nlri: string;
}

/** By family and next hop. */
type Announced = Readonly<Record<string, Readonly<Record<string, readonly Nlri[]>>>>;

/** A route with a global and a link-local next hop stands under both: the global one is what it is known by. */
function announcedIn(announced: Announced): [nextHop: string, prefix: string][] {
  const byNextHop = Object.values(announced).flatMap((groups) => Object.entries(groups));
  return byNextHop
    .filter(([nextHop]) => !nextHop.startsWith('fe80:'))
    .flatMap(([nextHop, group]) => group.map(({ nlri }): [string, string] => [nextHop, nlri]));
}

interface ExaBgpAttributes {
  readonly origin?: string;
  readonly 'as-path'?: Readonly<Record<string, { readonly value: readonly number[] }>> | readonly number[];
  readonly med?: number;
  readonly 'local-preference'?: number;
  readonly community?: readonly (readonly number[])[];
  readonly 'large-community'?: readonly (readonly number[])[];
}

interface ExaBgpEvent {
  readonly type: string;
  readonly neighbor: {
    readonly address: { readonly peer: string };
    readonly state?: string;
    readonly message?: {
      readonly update?: {
        readonly attribute?: ExaBgpAttributes;
        readonly announce?: Announced;
        readonly withdraw?: Readonly<Record<string, readonly Nlri[]>>;
      };
    };
  };
}

function routeOf(nextHop: string, attributes: ExaBgpAttributes): SeenRoute {
  const path = attributes['as-path'] ?? [];
  return sorted({
    nextHop,
    asPath: Array.isArray(path) ? path : Object.values(path).flatMap(({ value }) => value),
    origin: attributes.origin ?? '',
    ...(attributes.med === undefined ? {} : { med: attributes.med }),
    ...(attributes['local-preference'] === undefined ? {} : { localPref: attributes['local-preference'] }),
    communities: (attributes.community ?? []).map((parts) => parts.join(':')),
    largeCommunities: (attributes['large-community'] ?? []).map((parts) => parts.join(':')),
  });
}

/** What stands for a number that two octets do not hold. @see RFC 6793 §9 */
const AS_TRANS = 23_456;

/** Its standard input does not block, for which ordinary programs are not made. */
const SINK = `
import os, select, sys
with open(sys.argv[1], 'ab', 0) as heard:
  while True:
    select.select([0], [], [])
    octets = os.read(0, 65536)
    if not octets: break
    heard.write(octets)
`;

function configuration(neighbours: readonly Neighbour[], sink: string): string {
  return ['process sink {', `  run ${sink};`, '  encoder json;', '}', ...neighbours.flatMap(neighbourLines), ''].join(
    '\n',
  );
}

function neighbourLines(neighbour: Neighbour): string[] {
  return [
    `neighbor ${neighbour.address} {`,
    `  router-id ${ROUTER.id};`,
    `  local-address ${neighbour.local};`,
    `  local-as ${ROUTER.asn};`,
    `  peer-as ${neighbour.twoOctetAs === true ? AS_TRANS : neighbour.asn};`,
    `  hold-time ${neighbour.holdTimeSeconds ?? 30};`,
    // What it answers with has its TTL from the kernel: where that matters it has to connect itself.
    ...(neighbour.active === true || neighbour.ttlSecurity === true ? [] : ['  passive true;']),
    ...(neighbour.password === undefined ? [] : [`  md5-password "${neighbour.password}";`]),
    ...(neighbour.ttlSecurity === true ? ['  outgoing-ttl 255;', '  incoming-ttl 255;'] : []),
    ...(neighbour.multihop === true ? ['  outgoing-ttl 5;'] : []),
    '  capability {',
    `    asn4 ${neighbour.twoOctetAs === true ? 'disable' : 'enable'};`,
    ...(neighbour.gracefulRestart === true ? ['    graceful-restart 20;'] : []),
    '    route-refresh enable;',
    '  }',
    '  family {',
    ...neighbour.families.map((family) => `    ${family.toLowerCase()} unicast;`),
    '  }',
    '  api {',
    '    processes [ sink ];',
    '    neighbor-changes;',
    '    receive { parsed; update; }',
    '  }',
    '}',
  ];
}
