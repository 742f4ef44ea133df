// `heraldlb`: every command in one program, as the sources and the lab run it. A release starts controller.mjs and speaker.mjs directly.
import { Command } from 'commander';
import { endWithReader, runProgram } from './program-life.ts';
import { VERSION } from './version.ts';

const program = new Command('heraldlb')
  .description('A load balancer for Kubernetes clusters without a cloud.')
  .version(VERSION);
const [, , name] = process.argv;
// Only what is asked for is loaded: a speaker has no use for the Kubernetes client, nor a controller for sockets.
if (name !== 'speaker') program.addCommand((await import('./controller.ts')).controllerCommand());
if (name !== 'controller') program.addCommand((await import('./speaker.ts')).speakerCommand());
if (name !== 'controller' && name !== 'speaker') {
  endWithReader();
  (await import('./people.ts')).addPeopleCommands(program);
}
await runProgram(program);
