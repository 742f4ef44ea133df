import type { Speaker, SpeakerListener, Speakers } from '../../controller/speakers/speaker-listener.ts';
import { type IpAddress, parseMac } from '../../core/net/index.ts';
import type { Claim, NeighbourState } from '../../ports/channel.ts';

/** No speaker ever had this one: a rehearsal needs some MAC for an interface, and never looks at it. */
const ANY_MAC = parseMac('02:00:00:00:00:01');

export interface StillSpeakersOptions {
  /** Nodes whose speaker lives. */
  readonly nodes: readonly string[];
  /** Which node announces each address. */
  readonly owners: ReadonlyMap<IpAddress, string>;
  /** Interfaces that every node is taken to have, up. */
  readonly interfaces: readonly string[];
}

/** Speakers that announce what they are said to announce, and carry out nothing. */
export class StillSpeakers implements Speakers {
  readonly #speakers: ReadonlyMap<string, Speaker>;

  constructor({ nodes, owners, interfaces }: StillSpeakersOptions) {
    this.#speakers = new Map(
      nodes.map((nodeName) => {
        const claims = new Map<IpAddress, Claim>();
        for (const [address, node] of owners)
          if (node === nodeName) claims.set(address, { address, epoch: { generation: 0, counter: 1 }, term: 0 });
        const reports = ANY_MAC === undefined ? [] : interfaces.map((name) => ({ name, mac: ANY_MAC, up: true }));
        const nothing = { isSilent: false, version: '', newestEpoch: undefined, rejects: new Map<IpAddress, string>() };
        return [nodeName, { nodeName, presence: 'connected' as const, interfaces: reports, claims, ...nothing }];
      }),
    );
  }

  speaker(nodeName: string): Speaker | undefined {
    return this.#speakers.get(nodeName);
  }

  alive(): Iterable<Speaker> {
    return this.#speakers.values();
  }

  witnessesOf(): ReadonlyMap<string, NeighbourState> {
    return new Map();
  }

  listen(_listener: SpeakerListener): void {}
  observe(): void {}
  grant(): void {}
  revoke(): void {}
  surround(): void {}

  probe(): boolean {
    return false;
  }

  reclaim(): boolean {
    return false;
  }

  release(): void {}
  hold(): void {}
}
