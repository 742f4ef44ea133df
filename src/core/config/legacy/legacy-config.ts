import { formatField } from '../problem.ts';
import type { LegacyConfig, LegacySource } from './entry.ts';
import { syntaxProblem } from './indentation.ts';
import { ObjectNames } from './object-names.ts';
import type { PositionedProblem } from './positioned-problem.ts';
import { Findings, read, unknownKey } from './read.ts';
import { ROOT } from './shape.ts';
import { Translator } from './translate.ts';
import { isNull, type ParsedYaml, plainValue, type YamlNode } from './yaml-node.ts';

/** At most this many of the errors of one text are told: most follow from the first. */
const PROBLEMS_MAX = 20;

/**
 * The names of pools and profiles: as they are, since Services ask for pools by name; or made legal, for objects of the API.
 */
export type LegacyNames = 'as-written' | 'legal';

/** What a text says that was written for MetalLB before 0.13, or all that is wrong with it. */
export function decodeLegacyText(
  text: string,
  parsed: ParsedYaml,
  { source, names }: { readonly source: LegacySource; readonly names: LegacyNames },
): LegacyConfig {
  if (parsed.kind === 'ok') return decodeLegacy(parsed.root, { source, names });
  const lines = text.split('\n');
  const told = parsed.errors.slice(0, PROBLEMS_MAX).map((error) => syntaxProblem(error, lines));
  // One slip makes several errors of syntax in its line.
  const problems = told.filter(
    ({ position }, at) => told.findIndex((other) => other.position?.line === position?.line) === at,
  );
  return { entries: [], problems, renamed: [] };
}

/** The same of a text that was parsed already. Takes any value at all, and never throws. */
export function decodeLegacy(
  root: YamlNode,
  { source, names }: { readonly source: LegacySource; readonly names: LegacyNames },
): LegacyConfig {
  if (isNull(root)) return { entries: [], problems: [], renamed: [] };
  if (root.kind !== 'mapping') return { entries: [], problems: [notAMapping(root)], renamed: [] };
  const [pools, profiles] = [new ObjectNames(), new ObjectNames()];
  const translator = new Translator(
    source,
    names === 'legal'
      ? { pool: (name) => pools.nameFor(name), profile: (name) => profiles.nameFor(name) }
      : { pool: (name) => name, profile: (name) => name },
  );
  const findings = new Findings();
  const at = { legacy: [], object: [], findings };
  for (const [index, entry] of root.entries.entries()) {
    const { key, value } = entry;
    switch (key) {
      case 'peers':
        each(value, key, findings, (item, number) => translator.peer(item, number));
        break;
      case 'address-pools':
        each(value, key, findings, (item, number) => translator.pool(item, number));
        break;
      case 'bfd-profiles':
        each(value, key, findings, (item, number) => translator.bfdProfile(item, number));
        break;
      case 'bgp-communities':
        communities(value, translator, findings);
        break;
      default:
        unknownKey(entry, { shape: ROOT, before: root.entries.slice(0, index), at });
    }
  }
  const slips = [...findings.slips, ...translator.slips];
  if (slips.length > 0) return { entries: [], problems: slips.slice(0, PROBLEMS_MAX), renamed: [] };
  const renamed = [
    ...pools.changed().map((each) => ({ what: 'pool' as const, ...each })),
    ...profiles.changed().map((each) => ({ what: 'profile' as const, ...each })),
  ];
  return { entries: translator.entries, problems: findings.problems.slice(0, PROBLEMS_MAX), renamed };
}

function each(
  node: YamlNode,
  field: string,
  { problems }: Findings,
  take: (item: YamlNode, index: number) => void,
): void {
  if (isNull(node)) return;
  if (node.kind === 'list') for (const [index, item] of node.items.entries()) take(item, index);
  else {
    const place = node.position === undefined ? {} : { position: node.position };
    const message = 'must be a list; write each entry below it, with "- " before its first line';
    problems.push({ field, ...place, value: plainValue(node), message });
  }
}

function communities(node: YamlNode, translator: Translator, findings: Findings): void {
  if (isNull(node)) return;
  const path = 'bgp-communities';
  const own = new Findings();
  const value = read(node, { kind: 'map' }, { legacy: [path], object: ['spec'], findings: own });
  if (node.kind !== 'mapping' || typeof value !== 'object' || value === null) {
    const place = node.position === undefined ? {} : { position: node.position };
    const message = 'must be a mapping of names to communities; write one such as "blackhole: 65535:666" below it';
    findings.problems.push({ field: path, ...place, value: plainValue(node), message });
    return;
  }
  for (const [at, { key }] of node.entries.toSorted((a, b) => (a.key < b.key ? -1 : 1)).entries()) {
    const place = own.places.get(formatField(['spec', key]));
    if (place !== undefined) own.places.set(`spec.communities[${at}]`, place);
  }
  translator.communities({ ...value }, { path, findings: own });
}

function notAMapping(node: YamlNode): PositionedProblem {
  return {
    field: 'config',
    ...(node.position === undefined ? {} : { position: node.position }),
    value: plainValue(node),
    message: 'must be a mapping with address-pools, peers, bgp-communities or bfd-profiles',
  };
}
