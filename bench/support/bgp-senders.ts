import { Daemons, ROUTER } from '../../test/support/interop/router.ts';
import { BirdControl } from './bird-control.ts';

export const SENDER_ASN = 64_600;
export const BIRD_SENDER = '10.9.0.12';
export const GOBGP_SENDER = '10.9.0.13';
const FEED_ASN = 64_700;
const GOBGP_PORT = 50_051;

/** A prefix of a benchmark: `group` keeps those of several senders apart. */
export function prefixAt(group: number, index: number): string {
  return `${group}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}/32`;
}

/** A BIRD that announces static routes to the router when it is told to. */
export class BirdSender {
  readonly #daemons: Daemons;
  readonly #control: BirdControl;

  private constructor(daemons: Daemons, control: BirdControl) {
    this.#daemons = daemons;
    this.#control = control;
  }

  static async start(namespace: string, count: number): Promise<BirdSender> {
    const daemons = await Daemons.in(namespace);
    const routes = Array.from({ length: count }, (_, index) => `  route ${prefixAt(101, index)} blackhole;`);
    const config = await daemons.write(
      'sender.conf',
      [
        'log stderr all;',
        `router id ${BIRD_SENDER};`,
        'protocol device {}',
        'protocol static statics { disabled; ipv4;',
        ...routes,
        '}',
        'protocol bgp upstream {',
        `  local ${BIRD_SENDER} as ${SENDER_ASN};`,
        `  neighbor ${ROUTER.v4} as ${ROUTER.asn};`,
        '  connect delay time 1; hold time 90;',
        '  ipv4 { import none; export all; next hop self; };',
        '}',
        '',
      ].join('\n'),
    );
    const socket = daemons.path('sender.ctl');
    daemons.spawn('bird', ['-f', '-c', config, '-s', socket, '-P', daemons.path('sender.pid')]);
    await daemons.answering(() => daemons.run('birdc', ['-s', socket, 'show', 'status']));
    return new BirdSender(daemons, await BirdControl.open(socket));
  }

  async announce(): Promise<void> {
    await this.#control.ask('enable statics');
  }

  async withdraw(): Promise<void> {
    await this.#control.ask('disable statics');
  }

  async stop(): Promise<void> {
    this.#control.close();
    await this.#daemons.stop();
  }
}

/** A GoBGP that has the routes of a BIRD on the LAN, and announces them to the router when it is told to. */
export class GoBgpSender {
  readonly #daemons: Daemons;
  readonly #feeding: Daemons;

  private constructor(daemons: Daemons, feeding: Daemons) {
    this.#daemons = daemons;
    this.#feeding = feeding;
  }

  /** @param feed where the BIRD runs */
  static async start(namespace: string, feed: string, count: number): Promise<GoBgpSender> {
    const daemons = await Daemons.in(namespace);
    const feeding = await Daemons.in(feed);
    const routes = Array.from({ length: count }, (_, index) => `  route ${prefixAt(102, index)} blackhole;`);
    const feedConfig = await feeding.write(
      'feed.conf',
      [
        'log stderr all;',
        `router id ${BIRD_SENDER};`,
        'protocol device {}',
        'protocol static { ipv4;',
        ...routes,
        '}',
        'protocol bgp gobgp {',
        `  local ${BIRD_SENDER} as ${FEED_ASN};`,
        `  neighbor ${GOBGP_SENDER} as ${SENDER_ASN};`,
        '  connect delay time 1;',
        '  ipv4 { import none; export all; next hop self; };',
        '}',
        '',
      ].join('\n'),
    );
    const config = await daemons.write(
      'gobgpd.toml',
      [
        '[global.config]',
        `  as = ${SENDER_ASN}`,
        `  router-id = "${GOBGP_SENDER}"`,
        '[global.apply-policy.config]',
        '  default-export-policy = "reject-route"',
        ...neighbour(ROUTER.v4, ROUTER.asn, `    local-address = "${GOBGP_SENDER}"`),
        ...neighbour(BIRD_SENDER, FEED_ASN, '    passive-mode = true'),
        '',
      ].join('\n'),
    );
    daemons.spawn('gobgpd', ['-f', config, '-t', 'toml', `--api-hosts=127.0.0.1:${GOBGP_PORT}`, '--pprof-disable']);
    const sender = new GoBgpSender(daemons, feeding);
    await daemons.answering(() => sender.#ask('global'));
    feeding.spawn('bird', ['-f', '-c', feedConfig, '-s', feeding.path('feed.ctl'), '-P', feeding.path('feed.pid')]);
    await daemons.answering(async () => {
      const summary = await sender.#ask('global rib summary');
      if (!summary.includes(`Destination: ${count}`)) throw new Error(summary);
    });
    return sender;
  }

  async announce(): Promise<void> {
    await this.#ask('global policy export set default accept');
    await this.#ask(`neighbor ${ROUTER.v4} softresetout`);
  }

  async stop(): Promise<void> {
    await this.#feeding.stop();
    await this.#daemons.stop();
  }

  #ask(command: string): Promise<string> {
    return this.#daemons.run('gobgp', ['-p', String(GOBGP_PORT), ...command.split(' ')]);
  }
}

function neighbour(address: string, asn: number, transport: string): string[] {
  return [
    '[[neighbors]]',
    '  [neighbors.config]',
    `    neighbor-address = "${address}"`,
    `    peer-as = ${asn}`,
    '  [neighbors.transport.config]',
    transport,
    '  [neighbors.timers.config]',
    '    connect-retry = 1',
    '  [neighbors.ebgp-multihop.config]',
    '    enabled = true',
    '    multihop-ttl = 5',
  ];
}
