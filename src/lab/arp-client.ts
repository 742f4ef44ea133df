// Has the kernel ask the LAN who has each of the given addresses, and prints `{"address": "mac"}` of those that somebody has.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';

const addresses = process.argv.slice(2);
const ANSWER_MS = 300;
const DISCARD_PORT = 9;

for (const address of addresses) execFileSync('ip', ['neighbour', 'flush', 'to', address]);
const socket = createSocket('udp4');
socket.on('error', () => {});
for (const address of addresses) socket.send('?', DISCARD_PORT, address, () => {});
setTimeout(() => {
  socket.close();
  const neighbours = JSON.parse(execFileSync('ip', ['-json', 'neighbour', 'show'], { encoding: 'utf8' })) as {
    dst: string;
    lladdr?: string;
  }[];
  const answered = neighbours.filter(({ dst, lladdr }) => addresses.includes(dst) && lladdr !== undefined);
  console.log(JSON.stringify(Object.fromEntries(answered.map(({ dst, lladdr }) => [dst, lladdr]))));
}, ANSWER_MS);
