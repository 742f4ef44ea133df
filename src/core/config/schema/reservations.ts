import { z } from 'zod';
import {
  type AddressRange,
  compareIp,
  familyOf,
  formatIp,
  ipFromValue,
  ipValue,
  isBuggy,
  parseIp,
  rangeContains,
} from '../../net/index.ts';
import { parseAddressEntry } from '../address-entry.ts';
import type { PoolReservation } from '../config.ts';
import { type CelRule, described, parsedText, rangeShape } from './fields.ts';
import { overlapsWithin } from './range-overlaps.ts';

const RESERVATIONS_MAX = 1024;
// What the API server's rules may cost bounds these together: a range of IPv6 addresses has 79 characters.
const ADDRESSES_MAX = 8;
const ADDRESS_LENGTH_MAX = 96;

/** Two labels and the slash. @see RFC 1123 §2.1 */
const SERVICE_LENGTH_MAX = 127;
const SERVICE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const serviceShape: CelRule = {
  rule: `self.matches('${SERVICE.source.replaceAll('\\', '\\\\')}')`,
  messageExpression: '\'"\' + self + \'" names no Service; write its namespace and its name, such as "default/web"\'',
};

const service = z
  .string()
  .refine((text) => SERVICE.test(text), {
    error: 'names no Service; write its namespace and its name with a slash between them, such as "default/web"',
  })
  .meta({ maxLength: SERVICE_LENGTH_MAX, 'x-kubernetes-validations': [serviceShape] });

/** Unlike a pool, a reservation is mostly of one address: here it needs no prefix length. */
const reservedRange = parsedText((text): { readonly value: AddressRange } | { readonly problem: string } => {
  const address = parseIp(text.trim());
  if (address !== undefined) return { value: { first: address, last: address } };
  const entry = parseAddressEntry(text);
  return entry.kind === 'range' ? { value: entry.range } : { problem: entry.message };
}).meta({
  description: 'An address, a CIDR, or the first and the last address with a dash between them.',
  maxLength: ADDRESS_LENGTH_MAX,
  'x-kubernetes-validations': [rangeShape],
});

const reservation = z.object({
  service: described(
    service,
    'The Service, as `namespace/name`. It need not exist: a Service that is deleted and made again gets its address back.',
  ),
  addresses: described(
    z.array(reservedRange).min(1).max(ADDRESSES_MAX),
    'What is kept for it. All must be in `spec.addresses`, and none in another reservation.',
  ),
});

export const reservations = described(
  z.array(reservation).max(RESERVATIONS_MAX),
  'Addresses of this pool that only one Service gets. It gets them before others, also without asking and with `autoAssign: false`.',
).exactOptional();

/** The field, as the spec of a pool has it. */
export interface PoolReservations {
  readonly reservations?: readonly PoolReservation[] | undefined;
}

/** Whether all that is reserved is of the pool, and each address for one Service. */
export function checkReservations(
  spec: PoolReservations & { readonly addresses: readonly AddressRange[]; readonly avoidBuggyIPs: boolean },
  context: z.core.$RefinementCtx,
): void {
  const reserved = (spec.reservations ?? []).flatMap(({ service: holder, addresses }, entry) =>
    addresses.map((range, at) => ({ holder, range, path: ['reservations', entry, 'addresses', at] })),
  );
  const pool = spec.addresses.toSorted(compareFirst);
  for (const { range, path } of reserved) {
    const outside = firstOutside(range, pool);
    if (outside === undefined && spec.avoidBuggyIPs && isAllBuggy(range)) {
      const message = `ends in .0 or .255, which avoidBuggyIPs keeps from every Service; reserve another address, or set avoidBuggyIPs to false`;
      context.addIssue({ code: 'custom', path, message });
    }
    if (outside === undefined) continue;
    const message = `reaches out of the pool: ${formatIp(outside)} is not in spec.addresses; add it there, or reserve an address of the pool`;
    context.addIssue({ code: 'custom', path, message });
  }
  for (const [at, other] of overlapsWithin(reserved.map(({ range }) => range))) {
    const [later, earlier] = [reserved[at], reserved[other]];
    if (later === undefined || earlier === undefined) continue;
    const { first, last } = earlier.range;
    const message = `overlaps what is reserved for "${earlier.holder}" (${formatIp(first)}-${formatIp(last)}); remove or shrink one of the two`;
    context.addIssue({ code: 'custom', path: later.path, message });
  }
}

/** Whether nothing of a range is left where such addresses are avoided: two of them are next to each other, and no more. */
function isAllBuggy({ first, last }: AddressRange): boolean {
  return isBuggy(first) && isBuggy(last) && ipValue(last) - ipValue(first) <= 1n;
}

/** The lowest address of a range that is in none of `pool`, which ascends. */
function firstOutside(range: AddressRange, pool: readonly AddressRange[]): AddressRange['first'] | undefined {
  let next = range.first;
  for (const part of pool) {
    if (!rangeContains(part, next)) continue;
    if (rangeContains(part, range.last)) return undefined;
    next = ipFromValue(familyOf(next), ipValue(part.last) + 1n);
  }
  return next;
}

function compareFirst(a: AddressRange, b: AddressRange): number {
  const [left, right] = [familyOf(a.first), familyOf(b.first)];
  return left === right ? compareIp(a.first, b.first) : left < right ? -1 : 1;
}
