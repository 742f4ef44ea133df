// The thread that keeps BFD sessions: sockets of the machine around the BFD engine. Imports nothing but that.
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { LinuxBfdSockets } from '../adapters/linux/bfd-sockets.ts';
import { loadLibc } from '../adapters/linux/libc.ts';
import type { BfdWorkerAnswer, BfdWorkerRequest } from '../adapters/linux/worker-bfd-plane.ts';
import { messageOf } from '../ports/error-message.ts';
import { BfdEngine } from '../speaker/bfd/bfd-engine.ts';
import { collectAfterStart } from './memory-at-rest.ts';
import { systemRandom, systemTime } from './system-time.ts';

function main(): void {
  const port = parentPort;
  if (port === null) throw new Error('bfd-worker is a thread of the speaker, not a program');
  const answer = (message: BfdWorkerAnswer): void => port.postMessage(message);
  let engine: BfdEngine | undefined;
  // The sockets are closed first: a thread that ends while one of them is watched takes the process with it.
  const stop = async (): Promise<void> => {
    await engine?.stop();
    port.close();
  };
  const fail = (error: unknown): void => {
    answer({ kind: 'failed', message: messageOf(error) });
    void stop();
  };
  process.on('uncaughtException', fail);
  try {
    engine = new BfdEngine({
      sockets: new LinuxBfdSockets(loadLibc(fail)),
      clock: systemTime,
      timers: systemTime,
      random: systemRandom,
      hash: (algorithm, octets) => createHash(algorithm).update(octets).digest(),
    });
    engine.start({
      changed: (report) => answer({ kind: 'changed', report }),
      counted: (counters) => answer({ kind: 'counted', counters }),
      failed: fail,
    });
    collectAfterStart();
    port.on('message', (request: BfdWorkerRequest) => {
      if (request.kind === 'set') engine?.set(request.sessions);
      else void stop();
    });
  } catch (error) {
    fail(error);
  }
}

main();
