import type { IpAddress } from '../../core/net/index.ts';
import type { Timers } from '../../ports/time.ts';
import type { AnnouncementState } from '../announcer/service-announcement.ts';
import type { AddressNews, AnnouncementSource } from './announcement-source.ts';
import { isUnclaimed, layer2News } from './layer2-news.ts';
import { UnclaimedAddresses } from './unclaimed-addresses.ts';

export interface Layer2SourceDependencies {
  readonly announcer: {
    statesOf(serviceKey: string): readonly AnnouncementState[];
    onChange(listener: (serviceKey: string) => void): void;
  };
  readonly timers: Timers;
  /** What else is wrong with an address and the node that announces it, if one does: another station has it, say. */
  readonly remarkOn?: (address: IpAddress, owner: string | undefined) => string | undefined;
}

/** Layer 2 as one of the protocols by which Services are announced. */
export class Layer2Source implements AnnouncementSource {
  readonly #dependencies: Layer2SourceDependencies;
  readonly #unclaimed: UnclaimedAddresses;
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: ((serviceKey: string) => void)[] = [];

  constructor(dependencies: Layer2SourceDependencies) {
    this.#dependencies = dependencies;
    this.#unclaimed = new UnclaimedAddresses(dependencies.timers, (serviceKey) => this.#late(serviceKey));
  }

  newsOf(serviceKey: string): readonly AddressNews[] {
    const { announcer, remarkOn = () => undefined } = this.#dependencies;
    const states = announcer.statesOf(serviceKey);
    const waiting = states.filter(isUnclaimed).map(({ address }) => address);
    const late = this.#unclaimed.lateAmong(serviceKey, waiting);
    return states.map((state) => {
      const remark = remarkOn(state.address, state.ownership?.node);
      return layer2News(state, { ...(remark === undefined ? {} : { remark }), isLate: late.has(state.address) });
    });
  }

  onChange(listener: (serviceKey: string) => void): void {
    this.#listeners.push(listener);
    this.#dependencies.announcer.onChange(listener);
  }

  /** Forgets addresses that nobody waits for any more. */
  stop(): void {
    this.#unclaimed.stop();
  }

  #late(serviceKey: string): void {
    // A Service that is gone meanwhile is forgotten by this.
    this.newsOf(serviceKey);
    for (const listener of this.#listeners) listener(serviceKey);
  }
}
