import type { IpAddress } from '../../core/net/index.ts';
import type { OwnershipChange, PacketNotice } from '../../ports/packet-plane.ts';
import type { Clock } from '../../ports/time.ts';
import type { AddressAction } from '../neighbours/neighbourhood.ts';
import type { Announcements } from './announcements.ts';

export interface HolderDependencies {
  readonly announcements: Announcements;
  readonly clock: Clock;
  /** These are held, or not held, in another way than before. */
  readonly assigned: (addresses: readonly IpAddress[]) => void;
  readonly notice: (notice: PacketNotice) => void;
}

/** Carries out for addresses what the ownership machine decides, all of one decision at once. */
export class Holder {
  readonly #dependencies: HolderDependencies;

  constructor(dependencies: HolderDependencies) {
    this.#dependencies = dependencies;
  }

  perform(actions: readonly AddressAction[]): void {
    const { announcements } = this.#dependencies;
    const touched = new Set<IpAddress>();
    const refreshed: IpAddress[] = [];
    const changes: OwnershipChange[] = [];
    for (const action of actions) {
      switch (action.kind) {
        case 'claim':
        case 'stand-in':
        case 'release':
          touched.add(action.address);
          changes.push(changeOf(action));
          this.#hold(action);
          break;
        case 'refresh':
          refreshed.push(action.address);
          break;
        case 'verify':
          this.#verify(action);
          break;
        case 'hush':
          announcements.hush(action.hushed);
          break;
        default:
          action satisfies never;
      }
    }
    announcements.assign(touched);
    if (refreshed.length > 0) announcements.refresh(refreshed);
    if (touched.size === 0) return;
    this.#dependencies.assigned([...touched]);
    this.#dependencies.notice({ kind: 'ownership', changes });
  }

  #hold(action: Extract<AddressAction, { kind: 'claim' | 'stand-in' | 'release' }>): void {
    const { announcements, clock } = this.#dependencies;
    const { address } = action;
    if (action.kind === 'release') announcements.hold(address, undefined);
    else if (action.kind === 'stand-in')
      announcements.hold(address, { kind: 'stand-in', interfaces: action.interfaces });
    else {
      const before = announcements.holdingOf(address);
      const { order, reason, gapMs } = action;
      const isFirst = reason === 'granted' || reason === 'unclaimed';
      const isKnownFree = announcements.grantOf(address)?.probed === true;
      announcements.hold(address, {
        kind: 'claim',
        order,
        reason,
        ...(gapMs === undefined ? {} : { gapMs: Math.round(gapMs) }),
        sinceMs: before?.kind === 'claim' ? before.sinceMs : clock.nowMs(),
        // A newer grant of what is being probed changes nothing about that, unless it says that the address is free.
        probe: !isKnownFree && (before?.kind === 'claim' ? before.probe : isFirst),
      });
    }
  }

  /** Asks the LAN who has what a neighbour claims. */
  #verify({ address, owner, interfaces }: Extract<AddressAction, { kind: 'verify' }>): void {
    const { announcements, notice } = this.#dependencies;
    const macs = new Set(interfaces.map(({ mac }) => mac));
    announcements.survey([address], ([result]) => {
      // Nobody could be asked: that says nothing about the owner.
      if (result === undefined || (result.failure !== undefined && result.stations.length === 0)) return;
      const answeredBy = [...new Set(result.stations.map(({ mac }) => mac))];
      const agrees = answeredBy.length > 0 && answeredBy.every((mac) => macs.has(mac));
      notice({ kind: 'verified', address, owner, agrees, answeredBy });
    });
  }
}

function changeOf(action: Extract<AddressAction, { kind: 'claim' | 'stand-in' | 'release' }>): OwnershipChange {
  const { address, reason } = action;
  switch (action.kind) {
    case 'claim':
      return {
        address,
        holding: 'claim',
        reason,
        ...(action.from === undefined ? {} : { other: action.from }),
        ...(action.gapMs === undefined ? {} : { gapMs: Math.round(action.gapMs) }),
      };
    case 'stand-in':
      return { address, holding: 'stand-in', reason, other: action.owner };
    case 'release':
      return { address, holding: 'nothing', reason, ...(action.to === undefined ? {} : { other: action.to }) };
    default:
      return action satisfies never;
  }
}
