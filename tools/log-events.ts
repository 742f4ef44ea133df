// Every event that the program logs: its names are for searching, and stay.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '..', 'src');
const CALL = /\blog\.(debug|info|warn|error)\(\s*(?:[\w.]+ \? )?'([a-z0-9-]+)'(?: : '([a-z0-9-]+)')?/g;

const HEADER = `# Log events

Made by \`npm run generate\`. Both processes log one line of JSON for each event to standard output (\`--log-format pretty\` for people): \`time\`, \`level\`, \`event\` and fields. The names below stay: search for them, alert on them.

| event | level | of |
|---|---|---|
`;

/** The reference page of the log. */
export function logEventsReference(): string {
  const events = new Map<string, { readonly levels: Set<string>; readonly components: Set<string> }>();
  for (const file of globSync('{adapters,controller,speaker,cli}/**/*.ts', { cwd: SOURCES })) {
    for (const [, level = '', ...names] of readFileSync(join(SOURCES, file), 'utf8').matchAll(CALL)) {
      for (const name of names.filter(Boolean)) {
        const known = events.get(name) ?? { levels: new Set(), components: new Set() };
        events.set(name, known);
        known.levels.add(level);
        known.components.add(componentOf(file));
      }
    }
  }
  const rows = [...events].toSorted(([a], [b]) => a.localeCompare(b));
  return (
    HEADER + rows.map(([name, seen]) => `| \`${name}\` | ${list(seen.levels)} | ${list(seen.components)} |\n`).join('')
  );
}

function list(words: ReadonlySet<string>): string {
  return [...words].toSorted().join(', ');
}

function componentOf(file: string): string {
  if (/^(speaker|adapters\/linux)\/|cli\/(speaker|packet|bfd)/.test(file)) return 'speaker';
  return /^(controller|adapters\/kube)\/|cli\/controller/.test(file) ? 'controller' : 'both';
}
