import type { SessionRider } from '../../../src/controller/speakers/session-rider.ts';
import { formatPrefix } from '../../../src/core/net/index.ts';
import type { BgpRoute, BgpSessionReport, BgpSettings } from '../../../src/ports/bgp-channel.ts';
import type { ControllerMessage, SessionEnd, SpeakerSession } from '../../../src/ports/channel.ts';

/** The BGP side of a speaker: does what it is told, and keeps note of it. */
export class ModelBgpSpeaker implements SpeakerSession {
  readonly nodeName: string;
  readonly podUid = 'uid-1';
  settings: BgpSettings = { peers: [], draining: false };
  /** By prefix. */
  readonly routes = new Map<string, BgpRoute>();
  /** Kinds of the messages, in order. */
  readonly told: ControllerMessage[] = [];
  end: SessionEnd | undefined;
  /** False: it takes its time to ack. */
  acks = true;
  writable = true;
  readonly #rider: SessionRider;

  constructor(nodeName: string, rider: SessionRider) {
    this.nodeName = nodeName;
    this.#rider = rider;
  }

  dial(features: readonly 'bgp'[] = ['bgp']): void {
    this.#rider.attached(this, {
      kind: 'hello',
      nodeName: this.nodeName,
      instanceId: 'instance-1',
      version: 'test',
      interfaces: [],
      claims: [],
      features,
    });
  }

  hangUp(): void {
    this.#rider.detached(this);
  }

  send(message: ControllerMessage): boolean {
    this.told.push(message);
    if (message.kind === 'bgp-snapshot') this.routes.clear();
    if (message.kind === 'bgp-snapshot' || message.kind === 'bgp-delta') {
      if (message.settings !== undefined) this.settings = message.settings;
      for (const route of message.routes) this.routes.set(formatPrefix(route.prefix), route);
      for (const prefix of message.kind === 'bgp-delta' ? message.withdrawn : []) {
        this.routes.delete(formatPrefix(prefix));
      }
      if (this.acks) queueMicrotask(() => this.ack(message.revision));
    }
    return this.writable;
  }

  ack(revision: number): void {
    this.#rider.received(this, { kind: 'bgp-ack', revision });
  }

  drain(): void {
    this.writable = true;
    this.#rider.drained(this);
  }

  report(peer: string, fields: Partial<BgpSessionReport> = {}): void {
    const session = { peer, state: 'established' as const, sinceUnixMs: 0, lastError: '', prefixesSent: 0, ...fields };
    this.#rider.received(this, { kind: 'bgp-report', sessions: [session] });
  }

  close(end: SessionEnd): void {
    this.end = end;
    this.#rider.detached(this);
  }

  /** What a peer of this name is told, by prefix; communities as `64512:100`. */
  tells(peerName: string): Record<string, unknown> {
    const told = [...this.routes].flatMap(([prefix, { paths }]) => {
      const path = paths.find(({ peers }) => peers.includes(peerName)) ?? paths.find(({ peers }) => peers.length === 0);
      if (path === undefined) return [];
      const { peers: _peers, communities, largeCommunities, prepend, ...rest } = path;
      return [
        [
          prefix,
          {
            ...rest,
            ...(prepend === 0 ? {} : { prepend }),
            ...(communities.length === 0
              ? {}
              : { communities: communities.map((value) => `${value >>> 16}:${value & 0xffff}`) }),
            ...(largeCommunities.length === 0 ? {} : { largeCommunities }),
          },
        ] as const,
      ];
    });
    return Object.fromEntries(told.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get prefixes(): string[] {
    return [...this.routes.keys()].sort();
  }
}
