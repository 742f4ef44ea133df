import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { NoAnswerError, readBody } from '../../../../src/adapters/kube/http/exchange.ts';

/** Reads what a server answers, at most ten bytes of it. */
async function read(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // A request hears of what its answer is destroyed with, too.
      get({ port, host: '127.0.0.1' }, resolve).on('error', reject);
    });
    return await readBody(response, 10);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a body is read whole, whatever pieces it comes in', async () => {
  const body = await read((response) => {
    response.write('grüß');
    setTimeout(() => response.end('en'), 5);
  });
  expect(body).toBe('grüßen');
});

test.each([
  ['breaks off', 'EBODY', (response: ServerResponse) => void response.write('{', () => response.destroy())],
  ['is too large', 'ETOOBIG', (response: ServerResponse) => void response.end('0123456789a')],
])('a body that %s is no answer', async (_what, code, answer) => {
  const error = await read(answer).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NoAnswerError);
  expect(error).toMatchObject({ code });
});
