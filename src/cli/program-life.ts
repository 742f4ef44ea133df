import type { Command, CommanderError } from 'commander';

/** What a command ends with that is not called as it has to be. */
const WRONG_USAGE = 2;

/** Parses the arguments of the process. Wrong ones end it with status 2, in whichever command they are. */
export async function runProgram(program: Command): Promise<void> {
  overrideExit(program);
  await program.parseAsync();
}

/** Ends the process without a word when nobody reads on, as in `heraldlb manifest | head`. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

function overrideExit(command: Command): void {
  // Help and version that were asked for have status 0.
  command.exitOverride(({ exitCode }: CommanderError) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE));
  for (const subcommand of command.commands) overrideExit(subcommand);
}
