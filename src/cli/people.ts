// `kubectl heraldlb`: the commands for people, in one file.
import { Command } from 'commander';
import { NODE_FATES } from '../inspect/simulate-nodes.ts';
import { completionCommand } from './completion.ts';
import { convertCommand } from './convert.ts';
import { inspectCommands } from './inspect/commands.ts';
import { doctorCommand } from './inspect/doctor-command.ts';
import { migrateCommand, simulateApplyCommand } from './inspect/plan-commands.ts';
import { explainCommand, simulateNodesCommand } from './inspect/rehearsal-commands.ts';
import { releaseCommand } from './inspect/release-command.ts';
import { timelineCommand } from './inspect/timeline-command.ts';
import { manifestCommand } from './manifest.ts';
import { endWithReader, runProgram } from './program-life.ts';
import { VERSION } from './version.ts';

/** All of them; the program that they are added to names itself. */
export function addPeopleCommands(program: Command): Command {
  const simulate = new Command('simulate').description('Shows what a change would do, without making it.');
  simulate.addCommand(simulateApplyCommand());
  for (const fate of NODE_FATES) simulate.addCommand(simulateNodesCommand(fate));
  const commands = [
    ...inspectCommands(),
    explainCommand(),
    timelineCommand(),
    doctorCommand(),
    simulate,
    migrateCommand(),
    releaseCommand(),
    convertCommand(),
    manifestCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return program.addCommand(completionCommand(program));
}

if (import.meta.main) {
  const program = new Command('kubectl heraldlb')
    .description('Looks at HeraldLB in a cluster, and helps to move to it. Changes nothing, but for release.')
    .version(VERSION);
  endWithReader();
  await runProgram(addPeopleCommands(program));
}
