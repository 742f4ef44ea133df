import type { HelloInterface } from '../../core/codec/hello/index.ts';
import { isInnerInterface, isStationMac } from '../../core/net/index.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { EthernetInterface } from './eligible-interface.ts';

/**
 * What this node says of its interfaces. A hello has room for a few: first those that can announce now, of them those that
 * grants name. Last, as down, members of bonds and bridges: in some modes the kernel answers with the MAC of a member.
 * @param announcing those of the interfaces on which this node may announce
 * @param named by grants
 */
export function saidInterfaces(
  interfaces: readonly NetworkInterface[],
  announcing: readonly EthernetInterface[],
  named: ReadonlySet<string>,
): HelloInterface[] {
  const place = ({ name, running }: EthernetInterface): number => (running ? 0 : 2) + (named.has(name) ? 0 : 1);
  const said = announcing.toSorted((a, b) => place(a) - place(b));
  const masters = new Set(said.map(({ index }) => index));
  const macs = new Set(said.map(({ mac }) => mac));
  const members = interfaces.flatMap(({ name, mac, master }) => {
    if (master === undefined || !masters.has(master) || isInnerInterface(name)) return [];
    return mac === undefined || macs.has(mac) || !isStationMac(mac) ? [] : [{ name, mac, up: false }];
  });
  return [...said.map(({ name, mac, running }) => ({ name, mac, up: running })), ...members];
}
