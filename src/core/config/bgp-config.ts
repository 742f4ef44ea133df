import type { Asn, IpAddress, RouterId } from '../net/index.ts';
import type { LabelSelector } from './label-selector.ts';
import type { Origin } from './origin.ts';

/** A value that marks routes. @see RFC 1997, RFC 8092 */
export type BgpCommunity =
  /** Two 16-bit halves, written `high:low`. */
  | { readonly kind: 'standard'; readonly high: number; readonly low: number }
  /** Three 32-bit parts, written `large:globalAdministrator:localData1:localData2`. */
  | {
      readonly kind: 'large';
      readonly globalAdministrator: number;
      readonly localData1: number;
      readonly localData2: number;
    };

/** Which routes are told to which routers. Aliases of communities are resolved. */
export interface BgpAdvertisement {
  readonly name: string;
  readonly origin: Origin;
  /** Prefix length of the IPv4 routes, 1 to 32. */
  readonly aggregationLength: number;
  /** Prefix length of the IPv6 routes, 1 to 128. */
  readonly aggregationLengthV6: number;
  /** LOCAL_PREF on internal sessions, 32 bits; 0 when nothing was asked for. */
  readonly localPref: number;
  /** MULTI_EXIT_DISC, 32 bits. */
  readonly med?: number;
  /** How many times our AS is in the AS_PATH beyond the first on external sessions, 0 to 10. */
  readonly prepend: number;
  readonly communities: readonly BgpCommunity[];
  /** Pools by name and by label, united; both empty mean every pool. */
  readonly ipAddressPools: readonly string[];
  readonly ipAddressPoolSelectors: readonly LabelSelector[];
  /** Any one must match; empty matches every node. */
  readonly nodeSelectors: readonly LabelSelector[];
  readonly serviceSelectors: readonly LabelSelector[];
  /** Names of peers; empty means every peer. */
  readonly peers: readonly string[];
}

/** A router to hold a session with, from each node that `nodeSelectors` match. */
export interface BgpPeer {
  readonly name: string;
  readonly origin: Origin;
  readonly myAsn: Asn;
  readonly peerAsn: { readonly kind: 'number'; readonly asn: Asn } | { readonly kind: 'internal' | 'external' };
  /** Shown to this peer in place of `myAsn`. */
  readonly localAsn?: Asn;
  readonly endpoint:
    | { readonly kind: 'address'; readonly address: IpAddress }
    | { readonly kind: 'interface'; readonly name: string };
  readonly sourceAddress?: IpAddress;
  /** TCP port, 1 to 65535. */
  readonly peerPort: number;
  /** 0 switches the timer off, else 3 to 65535. Absent: 90. */
  readonly holdTimeSeconds?: number;
  /** Absent: a third of the hold time. */
  readonly keepaliveTimeSeconds?: number;
  /** 1 to 65535. */
  readonly connectTimeSeconds?: number;
  readonly routerId?: RouterId;
  /** Any one must match; empty matches every node. */
  readonly nodeSelectors: readonly LabelSelector[];
  /** For TCP-MD5. A Secret is one of type `kubernetes.io/basic-auth` in the namespace of the object; its key is `password`. */
  readonly password?:
    | { readonly kind: 'plain'; readonly value: string }
    | {
        readonly kind: 'secret';
        readonly namespace: string;
        readonly name: string;
        /** Another one that the object names, in vain. */
        readonly otherNamespace?: string;
      };
  readonly bfdProfile?: BfdProfile;
  /** The session waits for BFD to be up. */
  readonly bfdStrict: boolean;
  /** Waits for the peer to connect. */
  readonly passive: boolean;
  /** GTSM: how many hops away the peer may be, 1 to 254. @see RFC 5082 */
  readonly ttlSecurityHops?: number;
  readonly gracefulRestart: boolean;
  readonly ebgpMultiHop: boolean;
  readonly vrf?: string;
  /** Both families on this one session. */
  readonly dualStack: boolean;
  /** Only routes of the family of the session's own addresses, whatever `dualStack` says. */
  readonly disableMultiprotocol: boolean;
}

/** How fast a session notices a dead peer. @see RFC 5880 */
export interface BfdProfile {
  readonly name: string;
  readonly origin: Origin;
  /** Milliseconds, 10 to 60000. */
  readonly receiveIntervalMs: number;
  /** Milliseconds, 10 to 60000. */
  readonly transmitIntervalMs: number;
  /** 2 to 255. */
  readonly detectMultiplier: number;
  /** Milliseconds, 10 to 60000. */
  readonly echoIntervalMs: number;
  readonly echoMode: boolean;
  readonly passiveMode: boolean;
  /** Least TTL of a multihop peer's packets, 1 to 254. */
  readonly minimumTtl: number;
}
