// The members of a union of strings in the sources, each with the comment before it: the comments are the reference.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const SOURCES = join(import.meta.dirname, '..', 'src');

export interface UnionMember {
  readonly name: string;
  /** As one line; empty where nothing is said. */
  readonly meaning: string;
}

/** @throws Error when the file declares no such union */
export function unionMembers(file: string, type: string): readonly UnionMember[] {
  const text = readFileSync(join(SOURCES, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const alias = source.statements.filter(ts.isTypeAliasDeclaration).find(({ name }) => name.text === type);
  if (alias === undefined || !ts.isUnionTypeNode(alias.type)) throw new Error(`${file} declares no union ${type}`);
  const { types } = alias.type;
  return types.flatMap((member, at) => {
    if (!ts.isLiteralTypeNode(member) || !ts.isStringLiteral(member.literal)) return [];
    const before = text.slice(types[at - 1]?.end ?? alias.name.end, member.getStart(source));
    return [{ name: member.literal.text, meaning: sentence(before) }];
  });
}

/** What the last comment in a text says, without its references. */
function sentence(text: string): string {
  const comment = [...text.matchAll(/\/\*\*(.*?)\*\//gs)].at(-1)?.[1] ?? '';
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim());
  return lines
    .join(' ')
    .replace(/\s*@see.*$/, '')
    .trim();
}
