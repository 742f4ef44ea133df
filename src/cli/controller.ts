import { Command } from 'commander';
import { pinoLog } from '../adapters/telemetry/pino-log.ts';
import { addCloudControllerFlags, ignoredFlags } from './cloud-controller-flags.ts';
import { runController } from './controller-process.ts';
import { addOwnFlags, controllerSettings } from './controller-settings.ts';
import { collectAfterStart, releaseAtRest } from './memory-at-rest.ts';
import { runToExit, stopSignal } from './process-life.ts';
import { runProgram } from './program-life.ts';
import { VERSION } from './version.ts';

/** The command `controller`: a cloud-controller-manager, with its flags. */
export function controllerCommand(): Command {
  const command = new Command('controller')
    .description('Gives Services of type LoadBalancer their addresses, and says who announces them.')
    .version(VERSION);
  addOwnFlags(addCloudControllerFlags(command));
  return command.allowExcessArguments(false).action(() => start(command));
}

async function start(command: Command): Promise<void> {
  await runToExit('controller', undefined, async () => {
    const settings = controllerSettings(command);
    const log = pinoLog({
      level: settings.logLevel,
      format: settings.logFormat,
      fields: { component: 'controller', pod: settings.podName },
    });
    const ignored = ignoredFlags(command);
    if (ignored.length > 0) log.info('flags-without-effect', { flags: ignored });
    await saveMemory();
    return runToExit('controller', log, () => runController(settings, log, stopSignal()));
  });
}

/** What calls the C library is made for the machines that speakers run on: on another one the controller takes more room. */
async function saveMemory(): Promise<void> {
  collectAfterStart();
  const adapter = await import('../adapters/linux/libc.ts').catch(() => undefined);
  if (adapter === undefined) return;
  const libc = adapter.loadLibc((error) => {
    throw error;
  });
  releaseAtRest(libc);
}

if (import.meta.main) await runProgram(controllerCommand());
