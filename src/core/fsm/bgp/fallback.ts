import {
  type Capability,
  capabilitiesInData,
  capabilityCode,
  ErrorCode,
  type Notification,
  OpenSubcode,
} from '../../codec/bgp/index.ts';
import type { OpenForm } from './types.ts';

/**
 * How the next OPEN is to look after the peer ended a connection for what was in this one; undefined when that was not the reason.
 * First without the capabilities that the peer names, then without any; and when it wants some after all, with all again.
 * @param offered what was in the OPEN
 * @see RFC 5492 §3, §5
 */
export function openFormAfter(
  { code, subcode, data }: Notification,
  form: OpenForm,
  offered: readonly Capability[],
): OpenForm | undefined {
  if (code !== ErrorCode.open) return undefined;
  if (subcode === OpenSubcode.unsupportedParameter) return form.kind === 'bare' ? undefined : { kind: 'bare' };
  if (subcode !== OpenSubcode.unsupportedCapability) return undefined;
  if (form.kind === 'bare') return { kind: 'full' };
  const named = new Set(capabilitiesInData(data).map(capabilityCode));
  const refused = offered.map(capabilityCode).filter((offeredCode) => named.has(offeredCode));
  // It names what it misses, and we had not offered that: nothing to leave out would help.
  if (named.size > 0 && refused.length === 0) return undefined;
  if (named.size === 0) return { kind: 'bare' };
  const before = form.kind === 'without' ? form.codes : [];
  return { kind: 'without', codes: [...new Set([...before, ...refused])] };
}
