// The BGP part of a speaker as a process of its own, so that it can be inside a network namespace, be stopped and be killed.

import { BootSecrets } from '../../../src/adapters/linux/boot-secrets.ts';
import { KernelAddresses } from '../../../src/adapters/linux/kernel-addresses.ts';
import { loadLibc } from '../../../src/adapters/linux/libc.ts';
import { StateFolder } from '../../../src/adapters/linux/state-folder.ts';
import { TcpStreams } from '../../../src/adapters/linux/tcp-streams.ts';
import { WorkerBfdPlane } from '../../../src/adapters/linux/worker-bfd-plane.ts';
import { systemRandom, systemTime } from '../../../src/cli/system-time.ts';
import type { BgpControllerMessage, BgpSpeakerMessage } from '../../../src/ports/bgp-channel.ts';
import { BgpSpeaker } from '../../../src/speaker/bgp/bgp-speaker.ts';
import { RecordingLog, RecordingMetrics } from '../recording-telemetry.ts';

export type ToSpeaker =
  | { readonly kind: 'apply'; readonly message: BgpControllerMessage }
  /** Keeps a message for `go`, so that its way between the processes is not measured. */
  | { readonly kind: 'prepare'; readonly message: BgpControllerMessage }
  | { readonly kind: 'go' }
  | { readonly kind: 'measure'; readonly metric: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: 'stop' };
export type FromSpeaker =
  | { readonly kind: 'said'; readonly message: BgpSpeakerMessage }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'measured'; readonly value: number }
  /** With what still keeps the process alive: the channel to its parent, and nothing else. */
  | { readonly kind: 'stopped'; readonly resources: readonly string[] };

const tell = (message: FromSpeaker): void => void process.send?.(message);
const fail = (error: unknown): void =>
  tell({ kind: 'failed', reason: error instanceof Error ? String(error.stack) : String(error) });
process.on('uncaughtException', fail);

const libc = loadLibc(fail);
const metrics = new RecordingMetrics();
const speaker = new BgpSpeaker(
  {
    nodeName: 'node',
    drainMs: Number(process.env.DRAIN_MS ?? 2000),
    alwaysListen: process.env.LISTEN === '1',
  },
  {
    streams: new TcpStreams(libc),
    addresses: new KernelAddresses(libc),
    bfd: new WorkerBfdPlane({ entry: new URL('../../../src/cli/bfd-worker.ts', import.meta.url) }),
    store: new StateFolder({ path: process.env.STATE_DIR ?? '/run/heraldlb', nodeName: 'node' }),
    secrets: await BootSecrets.of('node'),
    send: (message) => tell({ kind: 'said', message }),
    clock: systemTime,
    timers: systemTime,
    random: systemRandom,
    log: new RecordingLog(),
    metrics,
  },
);
let prepared: BgpControllerMessage | undefined;
process.on('message', (message: ToSpeaker) => {
  if (message.kind === 'prepare') {
    prepared = message.message;
    return;
  }
  if (message.kind === 'go') {
    if (prepared !== undefined) speaker.apply(prepared);
    return;
  }
  if (message.kind === 'apply') {
    speaker.apply(message.message);
    return;
  }
  if (message.kind === 'measure') {
    tell({ kind: 'measured', value: metrics.value(message.metric, message.labels) });
    return;
  }
  void speaker
    .drain()
    .then(() => speaker.close())
    .then(() => {
      tell({ kind: 'stopped', resources: process.getActiveResourcesInfo() });
      process.disconnect();
    });
});
await speaker.restore();
tell({ kind: 'ready' });
