import { decode } from './decode.ts';
import type { Decoded } from './decoded.ts';
import type { Problem } from './problem.ts';
import type { SourceObject } from './source.ts';
import { withOrigin } from './with-origin.ts';

/** Name of the pool that flags make, as Services see it in their annotation. */
const FLAG_POOL_NAME = 'command-line';

const FLAG = '--pool';

/** The ranges that count: those of flags, else those of the environment variable `HERALDLB_POOL`, a list with commas. */
export function poolRanges(flags: readonly string[], environment = ''): readonly string[] {
  if (flags.length > 0) return flags;
  return environment
    .split(',')
    .map((range) => range.trim())
    .filter((range) => range !== '');
}

/** One pool of all the ranges that were given as flags, announced on layer 2 from every node; nothing without flags. */
export function poolsOfFlags(
  ranges: readonly string[],
):
  | { readonly kind: 'ok'; readonly values: readonly Decoded[] }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] } {
  if (ranges.length === 0) return { kind: 'ok', values: [] };
  const pool = decode(flagObject('IPAddressPool', { addresses: ranges }));
  if (pool.kind === 'problems') {
    const field = (path: string): string => path.replace(/^spec\.addresses(\[\d+\])?$/, FLAG);
    return {
      kind: 'problems',
      problems: pool.problems.map((problem) => ({ ...problem, field: field(problem.field) })),
    };
  }
  const advertisement = decode(flagObject('L2Advertisement', { ipAddressPools: [FLAG_POOL_NAME] }));
  return {
    kind: 'ok',
    values: [pool, advertisement].flatMap((result) => (result.kind === 'ok' ? [fromFlag(result.value, ranges)] : [])),
  };
}

function flagObject(kind: Decoded['kind'], spec: unknown): SourceObject {
  return {
    apiVersion: 'heraldlb.io/v1',
    kind,
    meta: { namespace: '', name: FLAG_POOL_NAME, uid: '', labels: {}, creationTimestamp: '' },
    spec,
    status: undefined,
  };
}

function fromFlag(value: Decoded, ranges: readonly string[]): Decoded {
  return withOrigin(value, { apiVersion: '', kind: FLAG, namespace: '', name: ranges.join(',') });
}
