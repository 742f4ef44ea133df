import { assemble } from '../assemble.ts';
import type { DecodedKind } from '../decoded.ts';
import type { ApiGroup } from '../schema/kind.ts';
import type { SourceObject } from '../source.ts';
import type { LegacySource } from './entry.ts';
import { type FoundText, findLegacyText, type LegacyText } from './find-config-map.ts';
import { foreignEntries, problemsOf } from './foreign-entries.ts';
import { decodeLegacyText } from './legacy-config.ts';
import type { PositionedProblem } from './positioned-problem.ts';
import type { ParsedYaml, Position, YamlParser } from './yaml-node.ts';

export interface ConvertOptions {
  readonly group: ApiGroup;
  /** In place of that of the ConfigMap. */
  readonly namespace?: string;
}

/** An object as it is applied. */
export interface ConvertedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: unknown;
}

export type Conversion =
  | {
      readonly kind: 'converted';
      readonly objects: readonly ConvertedObject[];
      /** What the user has to change elsewhere, because a name was none that an object can have. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'problems'; readonly problems: readonly PositionedProblem[] };

const DEFAULT_NAMESPACE = 'metallb-system';

/** As MetalLB's own converter orders them. */
const ORDER: readonly DecodedKind[] = [
  'BGPPeer',
  'IPAddressPool',
  'BGPAdvertisement',
  'L2Advertisement',
  'BFDProfile',
  'Community',
];

/**
 * The objects that say what a legacy configuration says, or everything that is wrong with it: by itself, and as a whole.
 * Positions are those in the file where its lines are the lines of the file.
 */
export function convertLegacy(
  file: string,
  options: ConvertOptions,
  parsers: { readonly documents: (text: string) => readonly ParsedYaml[]; readonly parse: YamlParser },
): Conversion {
  const result: FoundText = findLegacyText(file, parsers.documents(file));
  if (result.kind === 'problem') return { kind: 'problems', problems: [result.problem] };
  const { found } = result;
  const source: LegacySource = {
    namespace: options.namespace ?? found.namespace ?? DEFAULT_NAMESPACE,
    name: found.name ?? 'config',
    uid: 'config',
    creationTimestamp: '',
  };
  const legacy = decodeLegacyText(found.text, parsers.parse(found.text), { source, names: 'legal' });
  const wrong = problemsOf(legacy);
  if (wrong.length > 0) return { kind: 'problems', problems: wrong.map((each) => inFile(each, found)) };
  const { verdicts } = assemble({
    objects: [],
    fixed: [],
    entries: foreignEntries(legacy, source),
    namespaces: [],
    reads: () => true,
  });
  const positions = new Map(legacy.entries.map(({ object, position }) => [object.meta.uid, position]));
  // What is in force, but not done in full, is converted as it is written.
  const limited = verdicts.filter(({ reason }) => reason === 'NotSupported');
  const refused = verdicts.filter((verdict) => !verdict.valid && !limited.includes(verdict));
  if (refused.length > 0) {
    const problems = refused.map(({ uid, message, origin }) => {
      const position = positions.get(uid);
      const field = /\((.*)\)$/.exec(origin.name)?.[1] ?? origin.name;
      return { field, value: undefined, message, ...(position === undefined ? {} : { position }) };
    });
    return { kind: 'problems', problems: problems.map((each) => inFile(each, found)) };
  }
  const objects = ORDER.flatMap((kind) => legacy.entries.filter(({ object }) => object.kind === kind)).map(
    ({ object }) => converted(object, options.group),
  );
  return {
    kind: 'converted',
    objects,
    notes: [...legacy.renamed.map(renameNote), ...limited.map(({ message }) => message)],
  };
}

function renameNote({ what, from, to }: { readonly what: 'pool' | 'profile'; from: string; to: string }): string {
  const todo =
    what === 'pool' ? '; Services that ask for it by an annotation address-pool must ask for the new name' : '';
  return `${what} "${from}" is called "${to}" now, since an object cannot have its name${todo}`;
}

function converted({ apiVersion, kind, meta, spec }: SourceObject, group: ApiGroup): ConvertedObject {
  return {
    apiVersion: group === 'metallb.io' ? apiVersion : 'heraldlb.io/v1',
    kind,
    metadata: { name: meta.name, namespace: meta.namespace },
    spec,
  };
}

/** Moves a place within the text to its place in the file, or says that it is one within the text. */
function inFile(problem: PositionedProblem, { start }: LegacyText): PositionedProblem {
  const { position, ...rest } = problem;
  if (position === undefined) return problem;
  if (start === undefined) {
    return { ...rest, field: `data.config, line ${position.line}, column ${position.column}, ${rest.field}` };
  }
  const moved: Position = { line: position.line + start.line - 1, column: position.column + start.column - 1 };
  const message = rest.message
    .replaceAll(/\bon line (\d+)/g, (_all, line: string) => `on line ${Number(line) + start.line - 1}`)
    .replaceAll(/\bin column (\d+)/g, (_all, column: string) => `in column ${Number(column) + start.column - 1}`);
  return { ...rest, message, position: moved };
}
