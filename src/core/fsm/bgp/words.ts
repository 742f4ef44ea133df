import {
  CeaseSubcode,
  describeNotification,
  ErrorCode,
  type Notification,
  OpenSubcode,
  unicastFamily,
  unwrapped,
} from '../../codec/bgp/index.ts';
import { formatIp, ipv4FromValue } from '../../net/index.ts';
import type { Connection, PeerConfig, SessionState, StopReason } from './types.ts';

export function wrongAsWords(asn: number, config: PeerConfig): string {
  return `the router says that it is AS ${asn}, but ${expectedAsWords(config)}: set peerASN to the router's AS`;
}

function expectedAsWords({ peerAsn, localAsn }: PeerConfig): string {
  switch (peerAsn.kind) {
    case 'number':
      return `the peer is configured as AS ${peerAsn.asn}`;
    case 'internal':
      return `an internal peer must be of AS ${localAsn}`;
    case 'external':
      return 'an external peer must not be of our own AS';
    default:
      return peerAsn satisfies never;
  }
}

export function badIdentifierWords(identifier: number): string {
  const text = formatIp(ipv4FromValue(identifier));
  return identifier === 0
    ? `the router has the BGP identifier ${text}, which none may have: set its router id`
    : `the router has our own BGP identifier ${text}: give one of both another router id`;
}

export function holdTimeWords(seconds: number): string {
  return `the router proposes a hold time of ${seconds} s: set it to 0 or at least 3 s`;
}

export function noCommonFamilyWords({ families }: PeerConfig): string {
  return `the router exchanges no routes of ${families.join(' or ')} with us: activate the address family for this neighbour there`;
}

export function unexpectedMessageWords(message: string, state: SessionState): string {
  return `the router sent ${message} when it must not (in ${state}): a defect of the router, or two routers at one address`;
}

/** What the peer's NOTIFICATION says, and what to do about it. */
export function receivedWords(message: Notification): string {
  const advice = adviceOn(message);
  const said = `${describeNotification(message)}${maximumOf(unwrapped(message))}`;
  return `the router ended the session: ${said}${advice === undefined ? '' : `. ${advice}`}`;
}

/** How many routes the router takes, where it says so. @see RFC 4486 §4 */
function maximumOf({ code, subcode, data }: Notification): string {
  if (code !== ErrorCode.cease || subcode !== CeaseSubcode.maximumPrefixes || data.length !== 7) return '';
  const view = new DataView(data.buffer, data.byteOffset);
  const family = unicastFamily(view.getUint16(0), view.getUint8(2));
  return family === undefined ? '' : ` (${view.getUint32(3)} of ${family})`;
}

/** What came was no BGP, or wrong BGP. */
export function malformedWords(sent: Notification, detail: string): string {
  return `the router sent ${detail}; we answered ${describeNotification(sent)}`;
}

function adviceOn(said: Notification): string | undefined {
  const message = unwrapped(said);
  if (message.code === ErrorCode.cease) return CEASE_ADVICE[message.subcode];
  if (message.code === ErrorCode.open) return OPEN_ADVICE[message.subcode];
  if (message.code === ErrorCode.holdTimer)
    return 'It heard nothing from us for the hold time: look for loss on the way, or a busy node.';
  return undefined;
}

const OPEN_ADVICE: Readonly<Record<number, string>> = {
  [OpenSubcode.badPeerAs]: 'It expects another AS of us: set myASN to the AS that the router has for this neighbour.',
  [OpenSubcode.badIdentifier]: 'It does not accept our router id: set routerID to one that nobody else has.',
  [OpenSubcode.unacceptableHoldTime]: 'It does not accept our hold time: set holdTime higher.',
  [OpenSubcode.unsupportedCapability]: 'It misses a capability: compare the address families of both ends.',
};

const CEASE_ADVICE: Readonly<Record<number, string>> = {
  [CeaseSubcode.maximumPrefixes]:
    'It takes no more routes from us: raise the maximum of prefixes there, or announce fewer (aggregationLength).',
  [CeaseSubcode.administrativeShutdown]: 'Somebody shut it down there.',
  [CeaseSubcode.peerDeconfigured]: 'This node is no neighbour there any more.',
  [CeaseSubcode.connectionRejected]: 'It wants no session with this node: configure it there as a neighbour.',
  [CeaseSubcode.collisionResolution]:
    'It still holds another session with this node, which ends there when its hold time is over.',
  [CeaseSubcode.outOfResources]: 'It lacks memory or another resource.',
};

/** Nothing came in time. */
export const TIMEOUT_WORDS = {
  waiting: 'BFD with the router did not come up: look whether it runs BFD for this node, or switch strict BFD off',
  open: 'the router took the connection but sent no OPEN: look whether it expects this node, and TTL security at both ends',
  hold: 'nothing came from the router for the hold time: it is gone, or the way to it is',
  sendHold: 'the router has not read anything for minutes: it hangs',
} as const;

export function closedWords({ kind }: Connection, why: string): string {
  const hint =
    kind === 'openSent' || kind === 'waiting'
      ? ': look whether this node is configured there as a neighbour, with this address'
      : '';
  return `the router closed the connection (${why})${hint}`;
}

export function connectFailedWords(why: string): string {
  return `no connection to the router (${why}): look at its address and port, and whether BGP runs there`;
}

export function connectTimeoutWords({ connectRetrySeconds }: PeerConfig): string {
  return `the router did not answer within ${connectRetrySeconds} s: look at its address, a firewall, and the password of both ends`;
}

export const BFD_DOWN_WORDS = 'BFD says that the way to the router is down';
export const COLLISION_WORDS = 'both ends had connected, and the other connection is kept';
export const RESTARTED_WORDS = 'the router restarted and connected anew';

/** What we tell the peer with a stop, and people with it. */
export function stopWords({ kind }: StopReason): string {
  return {
    administrativeShutdown: 'the session was shut down here',
    administrativeReset: 'the session was reset here',
    peerDeconfigured: 'the peer is not configured for this node any more',
    configurationChange: 'the configuration of the peer changed',
    outOfResources: 'this node lacks resources for the session',
    gracefulRestart: 'this speaker restarts',
  }[kind];
}
