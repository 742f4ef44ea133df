import type { Ipv6, MacAddress } from '../../net/index.ts';
import { ALL_NODES, ALL_ROUTERS, UNSPECIFIED_ADDRESS } from './constants.ts';
import { multicastMac, solicitedNodeGroup } from './groups.ts';
import type { NdpFrame, NeighborSolicitation } from './types.ts';

/**
 * The answer to a solicitation from an address, sent to it alone. It overrides: hosts that still believe in a former owner
 * would else go on sending there until their own probes fail.
 * @param to MAC of who asked
 * @param receiver its address
 * @see RFC 4861 §7.2.4
 */
export function solicitedAdvertisement(mac: MacAddress, address: Ipv6, to: MacAddress, receiver: Ipv6): NdpFrame {
  return advertisement(mac, address, {
    destination: to,
    destinationAddress: receiver,
    solicited: true,
    override: true,
  });
}

/**
 * Tells everybody, unasked or because somebody tries whether the address is free: hosts that know it take the new MAC over at
 * once.
 * @see RFC 4861 §7.2.6, RFC 4862 §5.4.3
 */
export function unsolicitedAdvertisement(mac: MacAddress, address: Ipv6): NdpFrame {
  return advertisement(mac, address, { ...ALL_NODES_DESTINATION, solicited: false, override: true });
}

/** Lets routers know the address before anybody sends to it. @see RFC 9131 §6.1 */
export function routerSeeding(mac: MacAddress, address: Ipv6): NdpFrame {
  return advertisement(mac, address, { ...ALL_ROUTERS_DESTINATION, solicited: false, override: false });
}

/**
 * Asks a router for its own address in the name of the announced one: it learns who asks, also where it takes nothing
 * unsolicited.
 * @see RFC 4861 §7.2.3
 */
export function routerSolicitedAs(mac: MacAddress, address: Ipv6, router: Ipv6): NdpFrame {
  return solicitation(mac, address, { target: router, options: [{ kind: 'source-link-layer-address', mac }] });
}

/**
 * Asks whether anybody has the address, without saying from which.
 * @param nonce 6 octets, by which the question is known again when a switch sends it back
 * @see RFC 4862 §5.4.2, RFC 7527 §4.1
 */
export function tentativeSolicitation(mac: MacAddress, address: Ipv6, nonce: Uint8Array): NdpFrame {
  return solicitation(mac, UNSPECIFIED_ADDRESS, { target: address, options: [{ kind: 'nonce', octets: nonce }] });
}

/** Asks whose the address is, from an address of the interface: the answer comes to it alone. @see RFC 4861 §7.2.2 */
export function surveyingSolicitation(mac: MacAddress, address: Ipv6, from: Ipv6): NdpFrame {
  return solicitation(mac, from, { target: address, options: [{ kind: 'source-link-layer-address', mac }] });
}

const NO_TRAFFIC_CLASS = { trafficClass: 0, flowLabel: 0 };
const ALL_NODES_DESTINATION = { destination: multicastMac(ALL_NODES), destinationAddress: ALL_NODES };
const ALL_ROUTERS_DESTINATION = { destination: multicastMac(ALL_ROUTERS), destinationAddress: ALL_ROUTERS };

/** To the group in which whoever has the target listens. */
function solicitation(
  mac: MacAddress,
  sourceAddress: Ipv6,
  { target, options }: Pick<NeighborSolicitation, 'target' | 'options'>,
): NdpFrame {
  const group = solicitedNodeGroup(target);
  return {
    ...NO_TRAFFIC_CLASS,
    destination: multicastMac(group),
    source: mac,
    sourceAddress,
    destinationAddress: group,
    message: { kind: 'solicitation', reserved: 0, target, options },
  };
}

interface AdvertisementFields {
  readonly destination: MacAddress;
  readonly destinationAddress: Ipv6;
  readonly solicited: boolean;
  readonly override: boolean;
}

/** Never as a router: hosts would take it for one, and drop their routes when the address moves. */
function advertisement(mac: MacAddress, address: Ipv6, fields: AdvertisementFields): NdpFrame {
  const { destination, destinationAddress, solicited, override } = fields;
  return {
    ...NO_TRAFFIC_CLASS,
    destination,
    source: mac,
    sourceAddress: address,
    destinationAddress,
    message: {
      kind: 'advertisement',
      router: false,
      solicited,
      override,
      reserved: 0,
      target: address,
      options: [{ kind: 'target-link-layer-address', mac }],
    },
  };
}
