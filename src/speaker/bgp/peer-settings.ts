import type { PeerConfig } from '../../core/fsm/bgp/index.ts';
import { type IpAddress, isIpv4, type RouterId } from '../../core/net/index.ts';
import type { BfdSessionSettings } from '../../ports/bfd.ts';
import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { ConnectOptions, StreamHops, StreamSettings } from '../../ports/stream-connector.ts';

/** How long an attempt may take where the configuration does not say. */
const CONNECT_RETRY_SECONDS = 10;
/** How long the peer keeps the routes of a speaker that restarts. */
const RESTART_TIME_SECONDS = 20;
const MAX_TTL = 255;
/** Nothing is given up sooner for want of an acknowledgement. */
const SHORTEST_USER_TIMEOUT_MS = 10_000;
const USER_TIMEOUT_WITHOUT_HOLD_MS = 30_000;

/** Whether the peer is of our own AS, as far as that is known before it speaks. */
function isInternal({ peerAsn, localAsn, myAsn }: BgpPeerSettings): boolean {
  return peerAsn.kind === 'internal' || (peerAsn.kind === 'number' && peerAsn.asn === (localAsn ?? myAsn));
}

/** Whoever is at the other end of an interface has to connect: its address is not known before. */
export function waitsForPeer({ passive, endpoint }: BgpPeerSettings): boolean {
  return passive || endpoint.kind === 'interface';
}

export interface NodeFacts {
  readonly routerId: RouterId;
  /** This is the same boot of the node in which the former speaker ran, so that packets were forwarded meanwhile. */
  readonly forwardingPreserved: boolean;
}

/** The settings as the session machine wants them. */
export function peerConfig(settings: BgpPeerSettings, { routerId, forwardingPreserved }: NodeFacts): PeerConfig {
  const { endpoint, families } = settings;
  const overIpv6 = endpoint.kind === 'interface' || !isIpv4(endpoint.address);
  return {
    localAsn: settings.localAsn ?? settings.myAsn,
    peerAsn: settings.peerAsn,
    routerId,
    holdTimeSeconds: settings.holdTimeSeconds,
    ...(settings.keepaliveTimeSeconds === undefined ? {} : { keepaliveTimeSeconds: settings.keepaliveTimeSeconds }),
    connectRetrySeconds: settings.connectTimeSeconds ?? CONNECT_RETRY_SECONDS,
    delayOpenSeconds: 0,
    passive: waitsForPeer(settings),
    families,
    multiprotocol: true,
    extendedNextHop: overIpv6 && families.includes('IPv4'),
    extendedMessages: false,
    ...(settings.gracefulRestart
      ? {
          gracefulRestart: { restartTimeSeconds: RESTART_TIME_SECONDS, forwardingPreserved, notification: false },
        }
      : {}),
    strictBfd: settings.bfd?.strict ?? false,
  };
}

/** What holds for connections with the peer, whoever begins them. */
export function streamSettings(settings: BgpPeerSettings): StreamSettings {
  const { holdTimeSeconds } = settings;
  return {
    hops: streamHops(settings),
    userTimeoutMs:
      holdTimeSeconds === 0 ? USER_TIMEOUT_WITHOUT_HOLD_MS : Math.max(SHORTEST_USER_TIMEOUT_MS, holdTimeSeconds * 1000),
  };
}

/** What is said to an external peer on the link has TTL 1: it reaches nobody further away. */
function streamHops(settings: BgpPeerSettings): StreamHops {
  if (settings.ttlSecurityHops !== undefined) return { kind: 'security', hops: settings.ttlSecurityHops };
  return { kind: 'ttl', ttl: settings.ebgpMultiHop || isInternal(settings) ? MAX_TTL : 1 };
}

/** How the peer is called. */
export function connectOptions(settings: BgpPeerSettings, remote: IpAddress): ConnectOptions {
  const { endpoint, sourceAddress, password, peerPort } = settings;
  return {
    ...streamSettings(settings),
    remote,
    port: peerPort,
    ...(sourceAddress === undefined ? {} : { local: sourceAddress }),
    ...(endpoint.kind === 'interface' ? { interface: endpoint.name } : {}),
    ...(password === undefined ? {} : { password }),
  };
}

/** The BFD session that the peer wants. @param onLink no router is between */
export function bfdSession(
  settings: BgpPeerSettings,
  remote: IpAddress,
  onLink: boolean,
): BfdSessionSettings | undefined {
  const { bfd, endpoint, sourceAddress } = settings;
  if (bfd === undefined) return undefined;
  const multihop = settings.ebgpMultiHop || (isInternal(settings) && !onLink);
  return {
    name: settings.name,
    path: {
      remote,
      ...(sourceAddress === undefined ? {} : { local: sourceAddress }),
      ...(endpoint.kind === 'interface' ? { interface: endpoint.name } : {}),
      ...(multihop ? { multihop: { minimumTtl: bfd.minimumTtl } } : {}),
    },
    receiveIntervalMs: bfd.receiveIntervalMs,
    transmitIntervalMs: bfd.transmitIntervalMs,
    detectMultiplier: bfd.detectMultiplier,
    passive: bfd.passive,
  };
}
