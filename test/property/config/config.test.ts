import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assemble } from '../../../src/core/config/assemble.ts';
import { structuralSchema } from '../../../src/core/config/crd.ts';
import { decode } from '../../../src/core/config/decode.ts';
import { describeProblem } from '../../../src/core/config/problem.ts';
import { KINDS } from '../../../src/core/config/schema/kinds.ts';
import { familyOf, formatIp, ipFromValue, rangesOverlap } from '../../../src/core/net/index.ts';
import { configObject } from '../../support/config-objects.ts';

const kindNames = KINDS.map(({ kind }) => kind);
const apiVersions = [
  ...new Set(KINDS.flatMap(({ versions }) => versions.map(({ group, version }) => `${group}/${version}`))),
];

/** Names of fields that our kinds have, so that what is generated reaches below the first level. */
const fieldName = fc.constantFrom(
  ...new Set(KINDS.flatMap(({ versions }) => versions.flatMap(({ spec }) => fields(structuralSchema(spec))))),
);

function fields(schema: Readonly<Record<string, unknown>>): string[] {
  const below = Object.entries(schema).flatMap(([, value]) =>
    typeof value === 'object' && value !== null ? fields({ ...value }) : [],
  );
  return [...Object.keys({ ...(schema.properties as object | undefined) }), ...below];
}

const octets = fc.tuple(fc.nat(300), fc.nat(300), fc.nat(300), fc.nat(300)).map((parts) => parts.join('.'));
const addressLike = fc.oneof(
  octets,
  fc.tuple(octets, fc.integer({ min: -1, max: 140 })).map(([address, length]) => `${address}/${length}`),
  fc.tuple(octets, octets).map(([first, last]) => `${first}-${last}`),
  fc.ipV6(),
  fc.tuple(fc.ipV6(), fc.ipV6()).map(([first, last]) => `${first} - ${last}`),
  fc.string(),
);
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    addressLike,
    fc.jsonValue(),
    fc.anything({ withBigInt: true, withNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fieldName, fc.string()), tie('value'), { maxKeys: 6 }),
  ),
}));

/** Ten thousand runs take a loaded machine longer than the common limit. */
const UNHURRIED = { timeout: 180_000 };

it('any object at all is decoded, or refused with a field, a value and a remedy', UNHURRIED, () => {
  fc.assert(
    fc.property(fc.constantFrom(...kindNames), fc.constantFrom(...apiVersions), anything, (kind, apiVersion, spec) => {
      const result = decode(configObject(kind, 'any', spec, { apiVersion }));
      if (result.kind === 'ok') return;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const problem of result.problems) {
        expect(problem.field).toMatch(/^(spec|apiVersion)/);
        expect(describeProblem(problem)).not.toMatch(/Invalid input|undefined|\[object/);
      }
    }),
    { numRuns: 10_000 },
  );
});

const smallRange = fc
  .tuple(fc.constantFrom('IPv4' as const, 'IPv6' as const), fc.nat(40), fc.nat(6))
  .map(([family, first, length]) => `${text(family, first)}-${text(family, first + length)}`);

function text(family: 'IPv4' | 'IPv6', offset: number): string {
  return formatIp(ipFromValue(family, (family === 'IPv4' ? 0x0a000000n : 0xfd00n << 112n) + BigInt(offset)));
}

const generated = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  namespace: fc.constantFrom('metallb-system', 'metallb'),
  apiVersion: fc.constantFrom('metallb.io/v1beta1', 'heraldlb.io/v1'),
  createdSecond: fc.nat(3),
  generation: fc.integer({ min: 1, max: 3 }),
  addresses: fc.array(smallRange, { minLength: 1, maxLength: 3 }),
});
const objectsOf = (list: readonly (typeof generated extends fc.Arbitrary<infer T> ? T : never)[]) =>
  list.map(({ name, addresses, ...traits }) =>
    configObject(
      'IPAddressPool',
      name,
      { addresses },
      { ...traits, uid: `${traits.apiVersion}/${traits.namespace}/${name}` },
    ),
  );
const distinctPools = fc.uniqueArray(generated, {
  maxLength: 8,
  selector: ({ name, namespace, apiVersion }) => `${apiVersion}/${namespace}/${name}`,
});

it('no two pools in force share an address or a name, and every object has a verdict', () => {
  fc.assert(
    fc.property(distinctPools, distinctPools, (earlier, later) => {
      const reads = () => true;
      const before = assemble({ objects: objectsOf(earlier), fixed: [], namespaces: [], reads });
      const { config, verdicts } = assemble({ objects: objectsOf(later), fixed: [], namespaces: [], reads }, before);
      const ranges = config.pools.flatMap((pool) => pool.ranges);
      for (const [at, range] of ranges.entries()) {
        expect(ranges.slice(at + 1).filter((other) => rangesOverlap(range, other))).toEqual([]);
        expect(familyOf(range.first)).toBe(familyOf(range.last));
      }
      expect(new Set(config.pools.map(({ name }) => name)).size).toBe(config.pools.length);
      expect(verdicts).toHaveLength(later.length);
    }),
  );
});

it('the order in which objects come does not matter, and assembling again changes nothing', () => {
  fc.assert(
    fc.property(distinctPools, (list) => {
      const input = { fixed: [], namespaces: [], reads: () => true };
      const forward = assemble({ objects: objectsOf(list), ...input });
      const backward = assemble({ objects: objectsOf(list).toReversed(), ...input });
      expect(backward).toEqual(forward);
      expect(assemble({ objects: objectsOf(list), ...input }, forward)).toEqual(forward);
    }),
  );
});

it('what was in force and was not changed stays in force when others come or change', () => {
  fc.assert(
    fc.property(distinctPools, distinctPools, (earlier, later) => {
      const input = { fixed: [], namespaces: [], reads: () => true };
      const before = assemble({ objects: objectsOf(earlier), ...input });
      const kept = objectsOf(earlier);
      const uids = new Set(kept.map(({ meta }) => meta.uid));
      const newcomers = objectsOf(later).filter(({ meta }) => !uids.has(meta.uid));
      const after = assemble({ objects: [...newcomers, ...kept], ...input }, before);
      for (const [uid, version] of before.inForce) expect(after.inForce.get(uid)).toEqual(version);
    }),
  );
});
