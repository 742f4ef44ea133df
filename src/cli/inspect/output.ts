import { Option } from 'commander';
import { stringify } from 'yaml';

const OUTPUTS = ['table', 'json', 'yaml'] as const;
export type Output = (typeof OUTPUTS)[number];

/** `-o`, as in kubectl. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'for people, or for machines').choices(OUTPUTS).default('table');
}

/** Prints a view: whole and stable for machines, as `people` wants it otherwise. */
export function print(view: unknown, output: Output, people: () => string): void {
  process.stdout.write(formatted(view, output, people));
}

function formatted(view: unknown, output: Output, people: () => string): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(view, undefined, 2)}\n`;
    case 'yaml':
      return stringify(view, { lineWidth: 0, aliasDuplicateObjects: false });
    case 'table':
      return people();
    default:
      return output satisfies never;
  }
}
