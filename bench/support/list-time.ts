// As a program: prints the seconds that the controller's kind of client takes to list all Services.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connect } from './api-connection.ts';
import { sourceCommand } from './program.ts';

/** Runs the program in a process of its own. @returns seconds */
export async function listSeconds(kubeconfig: string): Promise<number> {
  const [program = '', ...args] = sourceCommand(import.meta.filename);
  return Number((await promisify(execFile)(program, [...args, kubeconfig])).stdout);
}

if (import.meta.main) {
  const api = await connect(process.argv[2] ?? '');
  const stop = new AbortController();
  const services = api.serviceInformer();
  const startedAt = performance.now();
  const running = api.run(stop.signal);
  await services.synced(stop.signal);
  console.log((performance.now() - startedAt) / 1000);
  stop.abort();
  await running;
}
