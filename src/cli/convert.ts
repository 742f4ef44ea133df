import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { parseYaml, parseYamlDocuments } from '../adapters/yaml/positioned-yaml.ts';
import { type ConvertOptions, convertLegacy } from '../core/config/legacy/convert.ts';
import { describeProblem } from '../core/config/problem.ts';
import { messageOf } from '../ports/error-message.ts';

/** What a run of `convert` leaves behind: all of it is known before anything is written. */
export interface ConvertOutcome {
  readonly status: 0 | 1;
  readonly output: string;
  readonly errors: readonly string[];
}

/** The command `convert`: the ConfigMap of a MetalLB before 0.13 as objects. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('Prints the ConfigMap of a MetalLB before 0.13 as objects. Wrong input: only errors, and status 1.')
    .argument(
      '[file]',
      'YAML file with the ConfigMap, or with what is under its key "config"; - for standard input',
      '-',
    )
    .addOption(
      new Option('--group <group>', 'API group of the objects')
        .choices(['metallb.io', 'heraldlb.io'])
        .default('metallb.io'),
    )
    .option('--namespace <name>', 'namespace of the objects (default: that of the ConfigMap, else metallb-system)')
    .action(async (file: string, options: ConvertOptions) => {
      const { status, output, errors } = await convertFile(file, options);
      for (const error of errors) console.error(error);
      process.stdout.write(output);
      process.exitCode = status;
    });
}

/** Never rejects: a file that cannot be read is an error like another. */
export async function convertFile(file: string, options: ConvertOptions): Promise<ConvertOutcome> {
  const name = file === '-' ? '<stdin>' : file;
  let content: string;
  try {
    content = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    return { status: 1, output: '', errors: [`${name}: ${messageOf(error)}`] };
  }
  return convertText(content, name, options);
}

/** The same of a text; `name` is what errors call its file. */
export function convertText(content: string, name: string, options: ConvertOptions): ConvertOutcome {
  const conversion = convertLegacy(content, options, { documents: parseYamlDocuments, parse: parseYaml });
  if (conversion.kind === 'problems') {
    const errors = conversion.problems.map(({ position, ...problem }) => {
      const place = position === undefined ? '' : `:${position.line}:${position.column}`;
      return `${name}${place}: ${describeProblem(problem)}`;
    });
    return { status: 1, output: '', errors };
  }
  const { objects, notes } = conversion;
  if (objects.length === 0) {
    const nothing = content.trim() === '' ? 'it is empty' : 'there is nothing to convert in it';
    const wanted = 'give the ConfigMap of a MetalLB before 0.13, or what is under its key "config"';
    return { status: 1, output: '', errors: [`${name}: ${nothing}; ${wanted}`] };
  }
  // kubectl reads YAML 1.1, where `yes` and `65535:666` without quotes are no texts.
  const format = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;
  const documents = objects.map((object) => stringify(object, format));
  return { status: 0, output: documents.join('---\n'), errors: notes.map((note) => `${name}: ${note}`) };
}
