import { formatIp, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import { describeStation } from './station.ts';

/** That a foreign station has an address, as one node saw it. */
export interface Sighting {
  /**
   * `answer`: it answered before the address was announced, which it is not for that. `announcement`: it claims an address that
   * is announced. `survey`: it has an address that is free as far as we know.
   */
  readonly seen: 'answer' | 'announcement' | 'survey';
  readonly mac: MacAddress;
  /** The node that saw it, and where. */
  readonly node: string;
  readonly interface: string;
  readonly atMs: number;
  /** The node whose own MAC it is: something else announces the address there. */
  readonly stationNode?: string;
}

export interface Conflict extends Sighting {
  readonly address: IpAddress;
}

/** Why an address is not given out: for the status of its pool, and for who asks for it. */
export function quarantineCause(conflict: Sighting): string {
  return `${stationOf(conflict)} has it (${witnessOf(conflict)})`;
}

/** What became of the address, and what to do. One sentence or two. */
export function describeConflict(conflict: Conflict): string {
  const address = formatIp(conflict.address);
  const who = `${stationOf(conflict)}, ${witnessOf(conflict)},`;
  switch (conflict.seen) {
    case 'answer':
      return `${address} is not announced: ${who} had it first. ${remedyFor(conflict)}; it is announced within a minute of being free`;
    case 'announcement':
      return `${address} is announced, but ${who} claims it too, so that clients may reach either. The node defends it once in ten seconds and goes on. ${remedyFor(conflict)}`;
    case 'survey':
      return `${address} is not given out: ${who} has it. ${remedyFor(conflict)}`;
    default:
      return conflict.seen satisfies never;
  }
}

function remedyFor({ address, stationNode }: Conflict): string {
  return stationNode === undefined
    ? `Give that host another address, or take ${formatIp(address)} out of the pool`
    : `Look whether MetalLB, kube-vip, keepalived or the servicelb of k3s still runs on node "${stationNode}", and stop it, or whether it left the address on an interface there ("ip address show"), and delete it; with kube-proxy in IPVS mode, set strictARP: true`;
}

function stationOf({ mac, stationNode }: Sighting): string {
  const station = describeStation(mac);
  return stationNode === undefined ? station : `node "${stationNode}" itself (${station})`;
}

function witnessOf(sighting: Sighting): string {
  return `seen by node "${sighting.node}" on ${sighting.interface}`;
}
