import { abridged } from '../announcer/abridged.ts';
import type { BgpAnnouncementState } from '../bgp/bgp-state.ts';
import type { AddressNews, AnnouncementSource } from './announcement-source.ts';
import { obstacleText } from './remedies.ts';

export interface BgpSourceDependencies {
  readonly announcer: {
    statesOf(serviceKey: string): readonly BgpAnnouncementState[];
    onChange(listener: (serviceKey: string) => void): void;
  };
}

/** How many peers a sentence names. */
const NAMED_PEERS = 3;

/** BGP as one of the protocols by which Services are announced. */
export class BgpSource implements AnnouncementSource {
  readonly #dependencies: BgpSourceDependencies;

  constructor(dependencies: BgpSourceDependencies) {
    this.#dependencies = dependencies;
  }

  newsOf(serviceKey: string): readonly AddressNews[] {
    return this.#dependencies.announcer.statesOf(serviceKey).map(newsOf);
  }

  onChange(listener: (serviceKey: string) => void): void {
    this.#dependencies.announcer.onChange(listener);
  }
}

function newsOf({ address, obstacle, nodes, peers, warning }: BgpAnnouncementState): AddressNews {
  if (obstacle?.reason === 'Starting') return { kind: 'pending', address };
  if (obstacle?.reason === 'NoAdvertisement') return { kind: 'unconcerned', address, message: obstacleText(obstacle) };
  if (obstacle !== undefined)
    return { kind: 'obstructed', address, reason: obstacle.reason, message: obstacleText(obstacle) };
  const who = abridged(peers, NAMED_PEERS, ', ');
  const from = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  const sentence = `to BGP peers ${who} from ${from}`;
  const news = { kind: 'announced' as const, address, protocol: 'bgp' as const, sentence, from, how: `to ${who}` };
  return warning === undefined ? news : { ...news, warning };
}
