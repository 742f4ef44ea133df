import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
} from 'yaml';
import type { ParsedYaml, Position, YamlEntry, YamlNode } from '../../core/config/legacy/yaml-node.ts';

/** More than a text of 1 MiB, the most that a ConfigMap holds, has parts; an alias of aliases soon has more. */
const NODES_MAX = 600_000;

/** The first document of a text, as the parsers of Go take it. Never throws. */
export function parseYaml(text: string): ParsedYaml {
  return parseYamlDocuments(text)[0] ?? { kind: 'ok', root: { kind: 'scalar', text: '', plain: true } };
}

/** Every document of a text. Never throws. */
export function parseYamlDocuments(text: string): readonly ParsedYaml[] {
  const lineCounter = new LineCounter();
  try {
    // What a plain scalar means depends on its field: the parser is not to guess.
    const documents = parseAllDocuments(text, {
      lineCounter,
      schema: 'failsafe',
      prettyErrors: false,
      keepSourceTokens: true,
    });
    return 'empty' in documents ? [] : documents.map((document) => positioned(document, lineCounter));
  } catch (error) {
    // Values nested so deep that the stack ends.
    return [failed(error instanceof Error ? error.message : String(error))];
  }
}

function positioned(document: Document.Parsed, lines: LineCounter): ParsedYaml {
  if (document.errors.length > 0) {
    const errors = document.errors.map(({ message, pos }) => ({ message, position: positionOf(pos[0], lines) }));
    return { kind: 'errors', errors };
  }
  return { kind: 'ok', root: new Reader(document, lines).node(document.contents) };
}

function failed(message: string): ParsedYaml {
  return { kind: 'errors', errors: [{ message, position: { line: 1, column: 1 } }] };
}

function positionOf(offset: number, lines: LineCounter): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Makes nodes without the library's types, with aliases and merge keys (`<<`) replaced by what they stand for. */
class Reader {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  #nodes = 0;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  node(node: unknown): YamlNode {
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) throw new RangeError('it has too many aliases of aliases');
    const position = this.#positionOf(node);
    const at = position === undefined ? {} : { position };
    if (isAlias(node)) return this.node(node.resolve(this.#document));
    if (isSeq(node)) return { kind: 'list', ...at, items: node.items.map((item) => this.node(item)) };
    if (isMap(node)) return { kind: 'mapping', ...at, entries: this.#entries(node.items) };
    if (!isScalar(node)) return { kind: 'scalar', ...at, text: '', plain: true };
    const block = node.type === Scalar.BLOCK_LITERAL ? this.#blockOf(node) : undefined;
    return {
      kind: 'scalar',
      ...at,
      text: String(node.value ?? ''),
      plain: (node.type ?? Scalar.PLAIN) === Scalar.PLAIN && node.tag === undefined,
      ...(block === undefined ? {} : { block }),
    };
  }

  #entries(pairs: readonly { readonly key: unknown; readonly value: unknown }[]): YamlEntry[] {
    const entries = pairs.map(({ key, value }): YamlEntry => {
      const position = this.#positionOf(key);
      const text = isScalar(key) ? String(key.value ?? '') : String(key);
      return { key: text, ...(position === undefined ? {} : { position }), value: this.node(value) };
    });
    const own = entries.filter(({ key }) => key !== '<<');
    const merged = entries.filter(({ key }) => key === '<<').flatMap(({ value }) => entriesOf(value));
    const inherited = merged.filter(
      ({ key }, at) => own.every((entry) => entry.key !== key) && merged.findIndex((entry) => entry.key === key) === at,
    );
    return [...own, ...inherited];
  }

  #positionOf(node: unknown): Position | undefined {
    const range = typeof node === 'object' && node !== null ? (node as Partial<Node>).range : undefined;
    return range ? positionOf(range[0], this.#lines) : undefined;
  }

  /** Where the first line of a literal block begins: below its `|`, as far right as its first line with text. */
  #blockOf(node: Scalar): Position | undefined {
    const token = node.srcToken;
    const source = token?.type === 'block-scalar' ? token.source : undefined;
    const header = this.#positionOf(node);
    if (source === undefined || header === undefined) return undefined;
    const first = source.split('\n').find((line) => line.trim() !== '') ?? '';
    return { line: header.line + 1, column: first.search(/\S|$/) + 1 };
  }
}

function entriesOf(node: YamlNode): readonly YamlEntry[] {
  if (node.kind === 'mapping') return node.entries;
  return node.kind === 'list' ? node.items.flatMap(entriesOf) : [];
}
