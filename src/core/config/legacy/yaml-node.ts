/** Where something stands in a text, as editors show it: both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML value with the places of its parts. Scalars are as written: what they mean depends on the field. */
export type YamlNode =
  | { readonly kind: 'mapping'; readonly position?: Position; readonly entries: readonly YamlEntry[] }
  | { readonly kind: 'list'; readonly position?: Position; readonly items: readonly YamlNode[] }
  | YamlScalar;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly position?: Position;
  readonly text: string;
  /** Without quotes: it may stand for a number, true, false or nothing. */
  readonly plain: boolean;
  /** Where the text of a literal block (`|`) begins, whose lines are lines of the file. */
  readonly block?: Position;
}

export interface YamlEntry {
  readonly key: string;
  readonly position?: Position;
  readonly value: YamlNode;
}

/** What a YAML parser makes of a text. */
export type ParsedYaml =
  | { readonly kind: 'ok'; readonly root: YamlNode }
  | { readonly kind: 'errors'; readonly errors: readonly YamlSyntaxError[] };

export interface YamlSyntaxError {
  readonly message: string;
  readonly position: Position;
}

export type YamlParser = (text: string) => ParsedYaml;

const NULLS = ['', '~', 'null', 'Null', 'NULL'];
const TRUE = ['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'y', 'Y'];
const FALSE = ['false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'n', 'N'];

export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.plain && NULLS.includes(node.text);
}

/** The scalar as its field takes it, else its text. MetalLB read YAML 1.1, where `yes` is true and a number can be a text. */
export function scalarValue({ text, plain }: YamlScalar, wanted: 'text' | 'number' | 'boolean'): unknown {
  if (wanted === 'text' || !plain) return text;
  if (wanted === 'boolean') return TRUE.includes(text) ? true : FALSE.includes(text) ? false : text;
  return /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** The value without its places, every scalar as its text. */
export function plainValue(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return isNull(node) ? null : node.text;
    case 'list':
      return node.items.map(plainValue);
    case 'mapping':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
  }
}

/** A value that was parsed by somebody else, of which nobody knows the places any more. */
export function nodeOf(value: unknown): YamlNode {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(nodeOf) };
  if (typeof value === 'object' && value !== null) {
    return { kind: 'mapping', entries: Object.entries(value).map(([key, member]) => ({ key, value: nodeOf(member) })) };
  }
  if (value === null || value === undefined) return { kind: 'scalar', text: '', plain: true };
  return { kind: 'scalar', text: String(value), plain: typeof value !== 'string' };
}
