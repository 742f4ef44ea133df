// A thread that offers a hundred thousand ARP requests a second for addresses that nobody has.
import { parentPort, workerData } from 'node:worker_threads';
import { arpAnnouncement, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { ipv4FromValue } from '../../src/core/net/index.ts';
import { v4 } from '../../test/support/fake-lan.ts';
import { Station } from '../../test/support/namespace-lan.ts';

const FRAMES_PER_SECOND = 100_000;
const TICK_MS = 2;

const { host } = workerData as { readonly host: string };
const station = await Station.open(host);
const frames = Array.from({ length: 256 }, (_, index) =>
  encodeArpFrame({
    ...arpAnnouncement(station.mac, ipv4FromValue(v4('10.9.200.0') + index)),
    spa: v4('10.9.0.201'),
  }),
);
const startedAtMs = performance.now();
let sent = 0;
const timer = setInterval(() => {
  const due = ((performance.now() - startedAtMs) / 1000) * FRAMES_PER_SECOND;
  for (const endMs = performance.now() + TICK_MS; sent < due && performance.now() < endMs; sent += 1) {
    const frame = frames[sent % frames.length];
    if (frame !== undefined) station.offer(frame);
  }
  station.heard.length = station.heardOctets.length = 0;
}, TICK_MS);
parentPort?.once('message', () => {
  clearInterval(timer);
  station.close();
  parentPort?.postMessage(Math.round(sent / ((performance.now() - startedAtMs) / 1000)));
});
