import { Command, type Option } from 'commander';
import { controllerCommand } from '../src/cli/controller.ts';
import { addPeopleCommands } from '../src/cli/people.ts';
import { speakerCommand } from '../src/cli/speaker.ts';

const HEADER = `# Commands and flags

Made by \`npm run generate\` from what \`--help\` shows. In the image: \`node heraldlb COMMAND\`. An environment variable counts where the flag is not given. What the commands for people show: \`docs/command-line.md\`.
`;

/** The reference page of every command and its flags. */
export function flagsReference(): string {
  const people = addPeopleCommands(new Command('heraldlb'));
  return [
    HEADER,
    section(controllerCommand(), 'controller'),
    hiddenSection(controllerCommand()),
    section(speakerCommand(), 'speaker'),
    ...people.commands.flatMap((command) =>
      command.commands.length === 0
        ? [section(command, command.name())]
        : command.commands.map((below) => section(below, `${command.name()} ${below.name()}`)),
    ),
  ].join('');
}

function section(command: Command, name: string): string {
  const rows = command.options.filter(({ hidden }) => !hidden).map(row);
  const usage = `${name} ${command.usage()}`;
  const table =
    rows.length === 0 ? '' : `\n| flag | default | environment | what |\n|---|---|---|---|\n${rows.join('')}`;
  return `\n## ${name}\n\n\`${usage}\`: ${command.description()}\n${table}`;
}

/** What other cloud-controller-managers have, accepted so that their manifests work. */
function hiddenSection(command: Command): string {
  const hidden = command.options.filter((option) => option.hidden);
  const rows = hidden.map(({ long, description }) => `| \`${long}\` | ${cell(description)} |\n`);
  return `\nAccepted too, and not in its help:\n\n| flag | why |\n|---|---|\n${rows.join('')}`;
}

function row({ flags, description, envVar, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const fallback = defaultValueDescription ?? (defaultValue === undefined ? '' : String(defaultValue));
  const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
  const shown = fallback === '' ? '' : `\`${cell(fallback)}\``;
  return `| \`${cell(flags)}\` | ${shown} | ${envVar === undefined ? '' : `\`${envVar}\``} | ${cell(description)}${choices} |\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
