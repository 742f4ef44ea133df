import type { BgpPeer } from '../../core/config/bgp-config.ts';
import { familyOf, type IpFamily } from '../../core/net/index.ts';
import type { BfdSettings, BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { PeerPassword } from './peer-passwords.ts';

/** As MetalLB's native mode proposes, and RFC 4271 §10 suggests. */
const HOLD_TIME_SECONDS = 90;

/** What a speaker is told of a peer, with the password that its Secret has now; or that it has one which nobody can tell now. */
export function peerSettings(peer: BgpPeer, password: Exclude<PeerPassword, { kind: 'pending' }>): BgpPeerSettings {
  return {
    name: peer.name,
    myAsn: peer.myAsn,
    peerAsn: peer.peerAsn,
    ...(peer.localAsn === undefined ? {} : { localAsn: peer.localAsn }),
    endpoint: peer.endpoint,
    peerPort: peer.peerPort,
    ...(peer.sourceAddress === undefined ? {} : { sourceAddress: peer.sourceAddress }),
    passive: peer.passive,
    holdTimeSeconds: peer.holdTimeSeconds ?? HOLD_TIME_SECONDS,
    ...(peer.keepaliveTimeSeconds === undefined ? {} : { keepaliveTimeSeconds: peer.keepaliveTimeSeconds }),
    ...(peer.connectTimeSeconds === undefined ? {} : { connectTimeSeconds: peer.connectTimeSeconds }),
    ...(peer.routerId === undefined ? {} : { routerId: peer.routerId }),
    ebgpMultiHop: peer.ebgpMultiHop,
    ...(peer.ttlSecurityHops === undefined ? {} : { ttlSecurityHops: peer.ttlSecurityHops }),
    families: familiesOf(peer),
    gracefulRestart: peer.gracefulRestart,
    ...(password.kind === 'known' ? { password: password.value } : {}),
    ...(password.kind === 'missing' ? { passwordUnknown: true } : {}),
    ...(peer.bfdProfile === undefined ? {} : { bfd: bfdSettings(peer.bfdProfile, peer.bfdStrict) }),
  };
}

/** A session carries routes of its own family; of both when that is asked for, or when it has no address of its own. */
export function familiesOf({ endpoint, dualStack, disableMultiprotocol }: BgpPeer): readonly IpFamily[] {
  const both = !disableMultiprotocol && (dualStack || endpoint.kind === 'interface');
  if (both) return ['IPv4', 'IPv6'];
  return [endpoint.kind === 'address' ? familyOf(endpoint.address) : 'IPv6'];
}

function bfdSettings(profile: NonNullable<BgpPeer['bfdProfile']>, strict: boolean): BfdSettings {
  return {
    receiveIntervalMs: profile.receiveIntervalMs,
    transmitIntervalMs: profile.transmitIntervalMs,
    detectMultiplier: profile.detectMultiplier,
    passive: profile.passiveMode,
    minimumTtl: profile.minimumTtl,
    strict,
  };
}
