import type { z } from 'zod';
import { familyOf, type IpAddress, parseIp } from '../../net/index.ts';
import { notAnAddress } from '../address-entry.ts';
import { quote } from '../problem.ts';
import type { CelRule } from './fields.ts';

/** What the rules of a peer look at; both versions of the kind have it. */
interface PeerFields {
  readonly myASN: number;
  readonly peerASN?: number;
  readonly dynamicASN?: 'internal' | 'external';
  readonly peerAddress?: string;
  readonly interface?: string;
  readonly sourceAddress?: IpAddress;
  readonly holdTime?: number;
  readonly keepaliveTime?: number;
  readonly connectTime?: number;
  readonly password?: string;
  readonly passwordSecret?: { readonly name?: string; readonly namespace?: string };
  readonly ebgpMultiHop?: boolean;
  readonly localASN?: number;
  readonly bfdProfile?: string;
  readonly passive?: boolean;
  readonly ttlSecurityHops?: number;
  readonly bfdStrict?: boolean;
}

/** For the API server: what it can see by itself. */
export const peerRules: readonly CelRule[] = [
  { rule: 'self.myASN > 0', message: 'myASN must not be 0; write the number of your AS' },
  {
    rule: '(has(self.peerASN) && self.peerASN > 0) != has(self.dynamicASN)',
    message: 'exactly one of peerASN and dynamicASN must be there',
  },
  {
    rule: "(has(self.peerAddress) && self.peerAddress != '') != (has(self.interface) && self.interface != '')",
    message: 'exactly one of peerAddress and interface must be there',
  },
  {
    rule: "!has(self.peerAddress) || self.peerAddress == '' || isIP(self.peerAddress)",
    message: 'peerAddress must be an IP address',
  },
  {
    rule: "!has(self.holdTime) || duration(self.holdTime) == duration('0s') || duration(self.holdTime) >= duration('3s')",
    message: 'holdTime must be 0s or at least 3s',
  },
  {
    rule: "!has(self.holdTime) || !has(self.keepaliveTime) || duration(self.holdTime) == duration('0s') || duration(self.keepaliveTime) <= duration(self.holdTime)",
    message: 'keepaliveTime must not be longer than holdTime',
  },
  {
    rule: "has(self.holdTime) || !has(self.keepaliveTime) || duration(self.keepaliveTime) == duration('0s') || (duration(self.keepaliveTime) >= duration('1s') && duration(self.keepaliveTime) <= duration('21845s'))",
    message: 'keepaliveTime without holdTime, which is then three times as long, must be 0s, or 1s to 21845s',
  },
  {
    rule: '!has(self.interface) || size(self.interface) <= 15',
    message: 'interface must have at most 15 characters',
  },
  {
    rule: "!has(self.connectTime) || (duration(self.connectTime).getMilliseconds() % 1000 == 0 && duration(self.connectTime) >= duration('1s') && duration(self.connectTime) <= duration('65535s'))",
    message: 'connectTime must be whole seconds, 1s to 65535s',
  },
  {
    rule: "!has(self.password) || self.password == '' || !has(self.passwordSecret) || !has(self.passwordSecret.name) || self.passwordSecret.name == ''",
    message: 'only one of password and passwordSecret may be there',
  },
  {
    rule: '!has(self.ebgpMultiHop) || !self.ebgpMultiHop || !has(self.peerASN) || self.peerASN != self.myASN',
    message: 'ebgpMultiHop is for a peer of another AS',
  },
];

/** Over fields that only our own group has. */
export const ownPeerRules: readonly CelRule[] = [
  {
    rule: '!has(self.ttlSecurityHops) || !has(self.ebgpMultiHop) || !self.ebgpMultiHop',
    message: 'only one of ttlSecurityHops and ebgpMultiHop may be there',
  },
  {
    rule: "!has(self.bfdStrict) || !self.bfdStrict || (has(self.bfdProfile) && self.bfdProfile != '')",
    message: 'bfdStrict needs bfdProfile',
  },
];

interface Finding {
  readonly field: keyof PeerFields;
  readonly message: string;
}

/** The same in sentences, and what the API server cannot see. */
export function checkPeer(peer: PeerFields, context: z.core.$RefinementCtx): void {
  const findings = [...identity(peer), ...endpoint(peer), ...times(peer), ...secrets(peer), ...distance(peer)];
  for (const { field, message } of findings) {
    context.addIssue({ code: 'custom', path: [field], message });
  }
}

function identity({ myASN, peerASN = 0, dynamicASN, ebgpMultiHop = false }: PeerFields): Finding[] {
  const findings: Finding[] = [];
  if (myASN === 0)
    findings.push({ field: 'myASN', message: 'is no AS number; write that of your AS, 1 to 4294967295' });
  if (peerASN === 0 && dynamicASN === undefined) {
    findings.push({ field: 'peerASN', message: 'is missing; write the AS number of the peer, or dynamicASN' });
  }
  if (peerASN !== 0 && dynamicASN !== undefined) {
    findings.push({ field: 'dynamicASN', message: 'cannot go with peerASN; remove one of the two' });
  }
  if (ebgpMultiHop && peerASN === myASN) {
    findings.push({ field: 'ebgpMultiHop', message: 'is for a peer of another AS, but peerASN is myASN; remove it' });
  }
  return findings;
}

/** Linux has no longer name: IFNAMSIZ is 16, with the end. */
const INTERFACE_LENGTH_MAX = 15;

function endpoint({ peerAddress = '', interface: link = '', sourceAddress }: PeerFields): Finding[] {
  if (peerAddress === '' && link === '') {
    return [{ field: 'peerAddress', message: 'is missing; write the address of the peer, or interface' }];
  }
  if (peerAddress !== '' && link !== '') {
    return [{ field: 'interface', message: 'cannot go with peerAddress; remove one of the two' }];
  }
  if (link.length > INTERFACE_LENGTH_MAX) {
    return [
      {
        field: 'interface',
        message: `is longer than the name of an interface can be; write at most ${INTERFACE_LENGTH_MAX} characters`,
      },
    ];
  }
  if (peerAddress === '') return [];
  const address = parseIp(peerAddress);
  if (address === undefined) return [{ field: 'peerAddress', message: `is ${notAnAddress(peerAddress)}` }];
  if (sourceAddress === undefined || familyOf(sourceAddress) === familyOf(address)) return [];
  const family = familyOf(address);
  return [
    {
      field: 'sourceAddress',
      message: `is of another family than peerAddress; write an ${family} address of the node`,
    },
  ];
}

/** Three of them are the longest hold time that an OPEN can carry. @see RFC 4271 §4.2 */
const KEEPALIVE_ALONE_MAX = 21_845;

function times({ holdTime, keepaliveTime, connectTime }: PeerFields): Finding[] {
  const findings: Finding[] = [];
  if (holdTime !== undefined && holdTime !== 0 && (holdTime < 3 || holdTime >= 65536)) {
    findings.push({ field: 'holdTime', message: 'is out of its range; write 0s, or 3s to 65535s' });
  }
  if (holdTime === undefined && keepaliveTime && (keepaliveTime < 1 || keepaliveTime > KEEPALIVE_ALONE_MAX)) {
    findings.push({
      field: 'keepaliveTime',
      message: `is out of its range where no holdTime is, which is then three times as long; write 0s, or 1s to ${KEEPALIVE_ALONE_MAX}s`,
    });
  }
  if (holdTime !== undefined && keepaliveTime !== undefined && keepaliveTime > (holdTime || 65535)) {
    findings.push({ field: 'keepaliveTime', message: 'is longer than the hold time; write at most a third of that' });
  }
  if (connectTime !== undefined && (!Number.isInteger(connectTime) || connectTime < 1 || connectTime > 65535)) {
    findings.push({ field: 'connectTime', message: 'is out of its range; write whole seconds, 1s to 65535s' });
  }
  return findings;
}

function distance({ bfdProfile = '', bfdStrict, ebgpMultiHop, ttlSecurityHops }: PeerFields): Finding[] {
  const findings: Finding[] = [];
  if (ttlSecurityHops !== undefined && ebgpMultiHop) {
    findings.push({
      field: 'ttlSecurityHops',
      message: 'says by itself how far away the peer may be; remove ebgpMultiHop',
    });
  }
  if (bfdStrict && bfdProfile === '') {
    findings.push({ field: 'bfdStrict', message: 'needs a BFDProfile to wait for; write bfdProfile, or remove it' });
  }
  return findings;
}

/** As much as TCP_MD5SIG takes. */
const PASSWORD_OCTETS_MAX = 80;

function secrets({ password = '', passwordSecret: secret }: PeerFields): Finding[] {
  if (new TextEncoder().encode(password).length > PASSWORD_OCTETS_MAX) {
    return [
      { field: 'password', message: `is longer than TCP-MD5 takes; write at most ${PASSWORD_OCTETS_MAX} octets` },
    ];
  }
  if (password !== '' && secret?.name) {
    return [
      { field: 'password', message: `cannot go with passwordSecret ${quote(secret.name)}; remove one of the two` },
    ];
  }
  return [];
}
