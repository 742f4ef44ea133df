// The thread that touches packets: sockets and netlink of the machine around the packet engine. Imports nothing but that.
import { parentPort, workerData } from 'node:worker_threads';
import { IcmpEcho } from '../adapters/linux/icmp-echo.ts';
import { KernelGroups } from '../adapters/linux/kernel-groups.ts';
import { loadLibc } from '../adapters/linux/libc.ts';
import { NetlinkInterfaces } from '../adapters/linux/netlink-interfaces.ts';
import { PacketSockets } from '../adapters/linux/packet-sockets.ts';
import { UdpSockets } from '../adapters/linux/udp-sockets.ts';
import type { PacketWorkerData, WorkerAnswer, WorkerRequest } from '../adapters/linux/worker-packet-plane.ts';
import { messageOf } from '../ports/error-message.ts';
import { PacketEngine } from '../speaker/packet/packet-engine.ts';
import { collectAfterStart } from './memory-at-rest.ts';
import { systemRandom, systemTime } from './system-time.ts';

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('packet-worker is a thread of the speaker, not a program');
  const answer = (message: WorkerAnswer): void => port.postMessage(message);
  let engine: PacketEngine | undefined;
  let stopping = false;
  // The sockets are closed first: a thread that ends while one of them is watched takes the process with it.
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      await engine?.stop();
    } finally {
      port.close();
    }
  };
  const fail = (error: unknown): void => {
    // What goes wrong while it stops changes nothing about the stop.
    if (stopping) return;
    answer({ kind: 'failed', message: messageOf(error) });
    void stop();
  };
  process.on('uncaughtException', fail);
  try {
    const libc = loadLibc(fail);
    engine = new PacketEngine(workerData as PacketWorkerData, {
      sockets: new PacketSockets(libc),
      datagrams: new UdpSockets(libc),
      echoes: new IcmpEcho(libc),
      groups: new KernelGroups(libc),
      interfaces: new NetlinkInterfaces(libc),
      clock: systemTime,
      timers: systemTime,
      random: systemRandom,
    });
    port.on('message', (request: WorkerRequest) => {
      if (request.kind === 'stop') void stop();
      else if (!stopping) engine?.command(request.command);
    });
    await engine.start({ notice: (notice) => answer({ kind: 'notice', notice }), failed: fail });
    answer({ kind: 'started' });
    collectAfterStart();
  } catch (error) {
    fail(error);
  }
}

await main();
