import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SilentWatchError, watchLines } from '../../../../src/adapters/kube/informer/watch-stream.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';

const asResponse = (stream: PassThrough) => stream as unknown as IncomingMessage;

async function collect(chunks: readonly Uint8Array[]): Promise<string[]> {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  const lines: string[] = [];
  for await (const line of watchLines(asResponse(stream), 1_000, new ManualTime())) lines.push(line);
  return lines;
}

test('lines come whole however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((line) => !line.includes('\n')),
        { maxLength: 8 },
      ),
      fc.array(fc.nat(200), { maxLength: 8 }),
      async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        expect(await collect(chunks)).toEqual(lines);
      },
    ),
    { numRuns: 100 },
  );
});

test('a line that breaks off is not told', async () => {
  expect(await collect([Buffer.from('whole\nbroken')])).toEqual(['whole']);
});

test('silence ends the watch, and every byte puts that off', async () => {
  const time = new ManualTime();
  const stream = new PassThrough();
  const lines = watchLines(asResponse(stream), 1_000, time)[Symbol.asyncIterator]();
  const first = lines.next();
  await time.advance(900);
  stream.write('a\n');
  expect((await first).value).toBe('a');
  const second = lines.next();
  await settle();
  await time.advance(900);
  stream.write('b\n');
  expect((await second).value).toBe('b');
  const third = lines.next().catch((error: unknown) => error);
  await settle();
  await time.advance(1_000);
  expect(await third).toBeInstanceOf(SilentWatchError);
});
