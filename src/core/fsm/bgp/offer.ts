import {
  Afi,
  AS_TRANS,
  afiOf,
  type Capability,
  capabilityCode,
  type OpenMessage,
  Safi,
} from '../../codec/bgp/index.ts';
import type { OpenForm, PeerConfig } from './types.ts';

const MAX_TWO_OCTETS = 0xffff;

/** The OPEN that a peer gets. @param restarting no End-of-RIB has been sent to it since the program started */
export function openOffer(config: PeerConfig, form: OpenForm, restarting: boolean): OpenMessage {
  return {
    kind: 'open',
    myAs: config.localAsn > MAX_TWO_OCTETS ? AS_TRANS : config.localAsn,
    holdTimeSeconds: config.holdTimeSeconds,
    identifier: config.routerId,
    capabilities: offeredCapabilities(config, form, restarting),
  };
}

export function offeredCapabilities(config: PeerConfig, form: OpenForm, restarting: boolean): readonly Capability[] {
  if (form.kind === 'bare') return [];
  const capabilities: Capability[] = [
    ...(config.multiprotocol ? config.families : []).map(
      (family) => ({ kind: 'multiprotocol', afi: afiOf(family), safi: Safi.unicast }) as const,
    ),
    { kind: 'routeRefresh' },
    { kind: 'fourOctetAs', asn: config.localAsn },
    { kind: 'enhancedRouteRefresh' },
    gracefulRestartOffer(config, restarting),
  ];
  if (config.extendedNextHop)
    capabilities.push({
      kind: 'extendedNextHop',
      entries: [{ afi: Afi.ipv4, safi: Safi.unicast, nextHopAfi: Afi.ipv6 }],
    });
  if (config.extendedMessages) capabilities.push({ kind: 'extendedMessage' });
  if (form.kind === 'full') return capabilities;
  return capabilities.filter((capability) => !form.codes.includes(capabilityCode(capability)));
}

/** Time 0 and no family: End-of-RIB is wanted, and nothing is kept of a node that may be gone. @see RFC 4724 §3 */
function gracefulRestartOffer({ gracefulRestart, families }: PeerConfig, restarting: boolean): Capability {
  if (gracefulRestart === undefined)
    return { kind: 'gracefulRestart', restarting: false, notification: false, restartTimeSeconds: 0, families: [] };
  const { restartTimeSeconds, notification, forwardingPreserved } = gracefulRestart;
  return {
    kind: 'gracefulRestart',
    restarting,
    notification,
    restartTimeSeconds,
    families: families.map((family) => ({
      afi: afiOf(family),
      safi: Safi.unicast,
      forwarding: forwardingPreserved,
    })),
  };
}
