import type { PositionedProblem } from './positioned-problem.ts';
import type { ParsedYaml, Position, YamlNode, YamlScalar } from './yaml-node.ts';

/** The text of a legacy configuration within a file. */
export interface LegacyText {
  readonly text: string;
  /** Where its first character stands in the file; absent where its lines are not those of the file. */
  readonly start?: Position;
  /** Of the ConfigMap; absent when the file is the bare configuration. */
  readonly namespace?: string;
  readonly name?: string;
}

export type FoundText =
  | { readonly kind: 'found'; readonly found: LegacyText }
  | { readonly kind: 'problem'; readonly problem: PositionedProblem };

/**
 * Finds the legacy configuration in a file: that of its one ConfigMap with a key `config`, or the file itself when it holds
 * no objects at all.
 */
export function findLegacyText(file: string, documents: readonly ParsedYaml[]): FoundText {
  const roots = documents.flatMap((document) => (document.kind === 'ok' ? [document.root] : []));
  const objects = roots.filter((root) => member(root, 'apiVersion') !== undefined);
  // A file that is no YAML is looked at as the configuration: the error and its place come from there.
  if (objects.length === 0) return { kind: 'found', found: { text: file, start: { line: 1, column: 1 } } };
  const candidates = objects.flatMap((root) => {
    const text = textOf(root);
    return text === undefined ? [] : [{ root, text }];
  });
  const [first, second] = candidates;
  if (first === undefined)
    return problem('data', 'there is no ConfigMap with a key "config"; give the file that has it');
  if (second !== undefined) {
    const message = 'there are two ConfigMaps with a key "config"; give a file with one of them';
    return problem('data', message, second.text.position);
  }
  return { kind: 'found', found: { text: first.text.text, ...placeOf(first.text), ...metadataOf(first.root) } };
}

function textOf(root: YamlNode): YamlScalar | undefined {
  const kind = member(root, 'kind');
  const data = member(root, 'data');
  const config = data === undefined ? undefined : member(data, 'config');
  return kind?.kind === 'scalar' && kind.text === 'ConfigMap' && config?.kind === 'scalar' ? config : undefined;
}

function placeOf({ block }: YamlScalar): Pick<LegacyText, 'start'> {
  return block === undefined ? {} : { start: block };
}

function metadataOf(root: YamlNode): Pick<LegacyText, 'namespace' | 'name'> {
  const metadata = member(root, 'metadata');
  const of = (name: string): string | undefined => {
    const value = metadata === undefined ? undefined : member(metadata, name);
    return value?.kind === 'scalar' ? value.text : undefined;
  };
  const [namespace, name] = [of('namespace'), of('name')];
  return { ...(namespace ? { namespace } : {}), ...(name ? { name } : {}) };
}

function member(node: YamlNode, name: string): YamlNode | undefined {
  return node.kind === 'mapping' ? node.entries.find(({ key }) => key === name)?.value : undefined;
}

function problem(field: string, message: string, position?: Position): FoundText {
  return {
    kind: 'problem',
    problem: { field, value: undefined, message, ...(position === undefined ? {} : { position }) },
  };
}
