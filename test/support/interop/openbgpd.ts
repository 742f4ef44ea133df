import type { ChildProcess } from 'node:child_process';
import { signalChildren } from './processes.ts';
import { Daemons, type Neighbour, ROUTER, type Router, type SeenRoute, sorted } from './router.ts';

/** OpenBGPD. @see https://man.openbsd.org/bgpd.conf */
export class OpenBgpd implements Router {
  readonly name = 'OpenBGPD';
  readonly #daemons: Daemons;
  #bgpd: ChildProcess | undefined;

  private constructor(daemons: Daemons) {
    this.#daemons = daemons;
  }

  static async in(namespace: string): Promise<OpenBgpd> {
    return new OpenBgpd(await Daemons.in(namespace));
  }

  async start(neighbours: readonly Neighbour[]): Promise<void> {
    const config = await this.#daemons.write('bgpd.conf', configuration(neighbours, this.#socket), 0o600);
    await this.#daemons.run('mkdir', ['-p', '/run/openbgpd']);
    this.#bgpd = this.#daemons.spawn('bgpd', ['-d', '-f', config]);
    await this.#daemons.answering(() => this.#ask('show'));
  }

  async route(prefix: string): Promise<SeenRoute | undefined> {
    const { rib } = (await this.#json(`show rib detail ${prefix}`)) as { rib?: readonly OpenBgpdRoute[] };
    const found = rib?.find((each) => each.prefix === prefix);
    if (found === undefined) return undefined;
    return sorted({
      nextHop: found.exit_nexthop ?? '',
      asPath: (found.aspath.match(/\d+/g) ?? []).map(Number),
      origin: found.origin.toLowerCase(),
      ...(found.metric === undefined ? {} : { med: found.metric }),
      ...(found.localpref === undefined ? {} : { localPref: found.localpref }),
      communities: found.communities ?? [],
      largeCommunities: found.large_communities ?? [],
    });
  }

  async count(address: string): Promise<number> {
    return (await this.#neighbour(address))?.stats?.prefixes?.received ?? 0;
  }

  async isUp(address: string): Promise<boolean> {
    return (await this.#neighbour(address))?.state === 'Established';
  }

  async refresh(address: string): Promise<void> {
    await this.#ask(`neighbor ${address} refresh`);
  }

  async reset(address: string): Promise<void> {
    await this.#ask(`neighbor ${address} clear`);
  }

  /** The engine that holds the sessions is a child of the process that was started. */
  signal(signal: NodeJS.Signals): void {
    const pid = this.#bgpd?.pid;
    if (pid === undefined) return;
    signalChildren(pid, signal);
  }

  async crash(): Promise<void> {
    const bgpd = this.#bgpd;
    if (bgpd === undefined) return;
    signalChildren(bgpd.pid ?? 0, 'SIGKILL');
    await this.#daemons.kill(bgpd);
  }

  async stop(): Promise<void> {
    await this.crash();
    await this.#daemons.stop();
  }

  async log(): Promise<string> {
    return this.#daemons.log();
  }

  get #socket(): string {
    return this.#daemons.path('bgpd.sock');
  }

  async #neighbour(address: string): Promise<OpenBgpdNeighbour | undefined> {
    const { neighbors } = (await this.#json(`show neighbor ${address}`)) as {
      neighbors?: readonly OpenBgpdNeighbour[];
    };
    return neighbors?.[0];
  }

  #ask(command: string): Promise<string> {
    return this.#daemons.run('bgpctl', ['-s', this.#socket, ...command.split(' ')]);
  }

  async #json(command: string): Promise<unknown> {
    const text = await this.#daemons.run('bgpctl', ['-j', '-s', this.#socket, ...command.split(' ')]);
    return text.trim() === '' ? {} : JSON.parse(text);
  }
}

interface OpenBgpdRoute {
  readonly prefix: string;
  readonly aspath: string;
  readonly exit_nexthop?: string;
  readonly origin: string;
  readonly metric?: number;
  readonly localpref?: number;
  readonly communities?: readonly string[];
  readonly large_communities?: readonly string[];
}

interface OpenBgpdNeighbour {
  readonly state?: string;
  readonly stats?: { readonly prefixes?: { readonly received?: number } };
}

function configuration(neighbours: readonly Neighbour[], socket: string): string {
  return [
    `AS ${ROUTER.asn}`,
    `router-id ${ROUTER.id}`,
    'fib-update no',
    'connect-retry 1',
    `socket "${socket}"`,
    `listen on ${ROUTER.v4}`,
    `listen on ${ROUTER.v4Password}`,
    `listen on ${ROUTER.v4WrongPassword}`,
    `listen on ${ROUTER.v6}`,
    ...neighbours.flatMap(neighbourLines),
    'allow from any',
    'deny to any',
    '',
  ].join('\n');
}

function neighbourLines(neighbour: Neighbour): string[] {
  const announces = (family: 'IPv4' | 'IPv6'): string =>
    `  announce ${family} ${neighbour.families.includes(family) ? 'unicast' : 'none'}`;
  return [
    `neighbor ${neighbour.address} {`,
    `  remote-as ${neighbour.asn}`,
    `  local-address ${neighbour.local}`,
    `  holdtime ${neighbour.holdTimeSeconds ?? 30}`,
    // On Linux its listening socket knows no passwords: it has to connect itself.
    ...(neighbour.active === true || neighbour.password !== undefined ? [] : ['  passive']),
    ...(neighbour.password === undefined ? [] : [`  tcp md5sig password "${neighbour.password}"`]),
    ...(neighbour.ttlSecurity === true ? ['  ttl-security yes'] : []),
    ...(neighbour.multihop === true ? ['  multihop 5'] : []),
    ...(neighbour.twoOctetAs === true ? ['  announce as-4byte no'] : []),
    ...(neighbour.maxPrefixes === undefined ? [] : [`  max-prefix ${neighbour.maxPrefixes}`]),
    announces('IPv4'),
    announces('IPv6'),
    '}',
  ];
}
