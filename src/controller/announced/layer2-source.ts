import type { IpAddress } from '../../core/net/index.ts';
import type { AnnouncementState } from '../announcer/service-announcement.ts';
import type { AddressNews, AnnouncementSource } from './announcement-source.ts';
import { layer2News } from './layer2-news.ts';

export interface Layer2SourceDependencies {
  readonly announcer: {
    statesOf(serviceKey: string): readonly AnnouncementState[];
    onChange(listener: (serviceKey: string) => void): void;
  };
  /** What else is wrong with an address and the node that announces it, if one does: another station has it, say. */
  readonly remarkOn?: (address: IpAddress, owner: string | undefined) => string | undefined;
}

/** Layer 2 as one of the protocols by which Services are announced. */
export class Layer2Source implements AnnouncementSource {
  readonly #dependencies: Layer2SourceDependencies;

  constructor(dependencies: Layer2SourceDependencies) {
    this.#dependencies = dependencies;
  }

  newsOf(serviceKey: string): readonly AddressNews[] {
    const { announcer, remarkOn = () => undefined } = this.#dependencies;
    return announcer
      .statesOf(serviceKey)
      .map((state) => layer2News(state, remarkOn(state.address, state.ownership?.node)));
  }

  onChange(listener: (serviceKey: string) => void): void {
    this.#dependencies.announcer.onChange(listener);
  }
}
