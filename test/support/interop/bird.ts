import type { ChildProcess } from 'node:child_process';
import { Daemons, type Neighbour, ROUTER, type Router, type SeenRoute, sorted } from './router.ts';

/** BIRD 2. @see https://bird.network.cz/?get_doc&v=20&f=bird-6.html */
export class Bird implements Router {
  readonly name = 'BIRD';
  readonly #daemons: Daemons;
  readonly #protocols = new Map<string, string>();
  #bird: ChildProcess | undefined;

  private constructor(daemons: Daemons) {
    this.#daemons = daemons;
  }

  static async in(namespace: string): Promise<Bird> {
    return new Bird(await Daemons.in(namespace));
  }

  async start(neighbours: readonly Neighbour[]): Promise<void> {
    for (const [index, { address }] of neighbours.entries()) this.#protocols.set(address, `n${index}`);
    const protocols = neighbours.map((neighbour, index) => protocol(neighbour, `n${index}`));
    const config = await this.#daemons.write('bird.conf', [HEAD, ...protocols].join('\n'));
    await this.#run(config);
  }

  /** Where its commands are taken, for who cannot wait for `birdc` to start. */
  get controlSocket(): string {
    return this.#daemons.path('bird.ctl');
  }

  async route(prefix: string): Promise<SeenRoute | undefined> {
    return this.#seen(`show route for ${prefix} all`);
  }

  /** What it has of a prefix from one neighbour. */
  async routeFrom(prefix: string, address: string): Promise<SeenRoute | undefined> {
    return this.#seen(`show route for ${prefix} protocol ${this.#protocolOf(address)} all`);
  }

  async #seen(question: string): Promise<SeenRoute | undefined> {
    const text = await this.#ask(question);
    const value = (name: string): string | undefined => text.match(new RegExp(`BGP\\.${name}: (.*)`))?.[1];
    const nextHop = value('next_hop');
    if (nextHop === undefined) return undefined;
    const med = value('med');
    const localPref = value('local_pref');
    return sorted({
      nextHop: nextHop.split(' ')[0] ?? '',
      asPath: numbersIn(value('as_path') ?? ''),
      origin: (value('origin') ?? '').toLowerCase(),
      ...(med === undefined ? {} : { med: Number(med) }),
      ...(localPref === undefined ? {} : { localPref: Number(localPref) }),
      communities: tuplesIn(value('community')),
      largeCommunities: tuplesIn(value('large_community')),
    });
  }

  async count(address: string): Promise<number> {
    const text = await this.#ask(`show route protocol ${this.#protocolOf(address)} count`);
    return [...text.matchAll(/^(\d+) of \d+ routes/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async isUp(address: string): Promise<boolean> {
    const text = await this.#ask(`show protocols ${this.#protocolOf(address)}`);
    return /Established/.test(text);
  }

  async refresh(address: string): Promise<void> {
    await this.#ask(`reload in ${this.#protocolOf(address)}`);
  }

  async reset(address: string): Promise<void> {
    await this.#ask(`restart ${this.#protocolOf(address)}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#bird?.kill(signal);
  }

  async crash(): Promise<void> {
    if (this.#bird !== undefined) await this.#daemons.kill(this.#bird);
  }

  async stop(): Promise<void> {
    await this.#daemons.stop();
  }

  async log(): Promise<string> {
    return this.#daemons.log();
  }

  async #run(config: string): Promise<void> {
    this.#bird = this.#daemons.spawn('bird', [
      '-f',
      '-c',
      config,
      '-s',
      this.controlSocket,
      '-P',
      this.#daemons.path('bird.pid'),
    ]);
    await this.#daemons.answering(() => this.#ask('show status'));
  }

  #ask(command: string): Promise<string> {
    return this.#daemons.ask('birdc', ['-s', this.controlSocket, ...command.split(' ')]);
  }

  #protocolOf(address: string): string {
    const name = this.#protocols.get(address);
    if (name === undefined) throw new Error(`no neighbour ${address}`);
    return name;
  }
}

const HEAD = `
log stderr all;
router id ${ROUTER.id};
protocol device {}
protocol bfd {
  interface "eth0" { min rx interval 300 ms; min tx interval 300 ms; multiplier 3; };
}
`;

function protocol(neighbour: Neighbour, name: string): string {
  const channel = (family: 'IPv4' | 'IPv6'): string[] =>
    neighbour.families.includes(family)
      ? [
          `  ${family.toLowerCase()} {`,
          '    import all; export none;',
          ...(neighbour.maxPrefixes === undefined ? [] : [`    import limit ${neighbour.maxPrefixes} action disable;`]),
          ...(neighbour.extendedNextHop === true && family === 'IPv4' ? ['    extended next hop on;'] : []),
          '  };',
        ]
      : [];
  return [
    `protocol bgp ${name} {`,
    `  local ${neighbour.local} as ${ROUTER.asn};`,
    `  neighbor ${neighbour.address} as ${neighbour.asn};`,
    neighbour.multihop === true ? '  multihop 5;' : '  direct;',
    `  passive ${neighbour.active === true ? 'off' : 'on'};`,
    '  error wait time 1, 1; connect delay time 1; connect retry time 1; startup hold time 5;',
    `  hold time ${neighbour.holdTimeSeconds ?? 30};`,
    ...(neighbour.password === undefined ? [] : [`  password "${neighbour.password}";`]),
    ...(neighbour.ttlSecurity === true ? ['  ttl security on;'] : []),
    ...(neighbour.bfd === true ? ['  bfd on;'] : []),
    ...(neighbour.gracefulRestart === true ? ['  graceful restart on;'] : []),
    ...channel('IPv4'),
    ...channel('IPv6'),
    '}',
  ].join('\n');
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** BIRD writes `(64512,100) (64512,200)` and `(1, 2, 3)`. */
function tuplesIn(text = ''): string[] {
  return [...text.matchAll(/\(([^)]*)\)/g)].map(([, tuple]) => (tuple ?? '').split(/,\s*/).join(':'));
}
