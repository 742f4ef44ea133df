import { Argument, Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** The command `completion`: a script for a shell, made of the commands and flags that `program` has. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .description('Prints a script for completion: source <(heraldlb completion bash)')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
}

/** The words that may follow a command. */
interface Words {
  readonly command: string;
  readonly description: string;
  readonly flags: readonly string[];
}

function completionScript(program: Command, shell: Shell): string {
  const words = program.commands.map((command) => ({
    command: command.name(),
    description: command.description(),
    flags: command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []),
  }));
  switch (shell) {
    case 'bash':
      return bash(words);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
    case 'fish':
      return fish(words);
    default:
      return shell satisfies never;
  }
}

function bash(words: readonly Words[]): string {
  const cases = words.map(({ command, flags }) => `    ${command}) words='${flags.join(' ')}' ;;`);
  return `_heraldlb() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words='${words.map(({ command }) => command).join(' ')}'
  COMPREPLY=($(compgen -o default -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _heraldlb heraldlb kubectl-heraldlb
`;
}

function fish(words: readonly Words[]): string {
  const lines = words.flatMap(({ command, description, flags }) => [
    `complete -c heraldlb -n __fish_use_subcommand -a ${command} -d '${description.replaceAll("'", "\\'")}'`,
    ...flags.map((flag) => `complete -c heraldlb -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)}`),
  ]);
  return `${lines.join('\n')}\n`;
}
