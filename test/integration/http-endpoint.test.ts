import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { issueServerCertificate, makeAuthority } from '../../src/adapters/grpc/certificates.ts';
import { HttpEndpoint, textAnswer } from '../../src/adapters/telemetry/http-endpoint.ts';

const VALIDITY = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 60_000) };

describe('an HTTP endpoint', () => {
  let endpoint: HttpEndpoint;
  let port: number;

  beforeEach(async () => {
    const broken = (): never => {
      throw new Error('no figures');
    };
    const routes = new Map([
      ['/healthz', () => textAnswer(200, 'ok')],
      ['/metrics', broken],
    ]);
    endpoint = new HttpEndpoint({ host: '127.0.0.1', port: 0, routes });
    port = await endpoint.start();
  });
  afterEach(() => endpoint.stop());

  it.each([
    ['GET', '/healthz?verbose', 200],
    ['HEAD', '/healthz', 200],
    ['POST', '/healthz', 405],
    ['GET', '/healthz/etcd', 404],
    ['GET', '/metrics', 500],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await fetch(`http://127.0.0.1:${port}${path}`, { method })).status).toBe(status);
  });

  it('stops though a client of HTTPS never speaks TLS', async () => {
    const authority = makeAuthority('test', VALIDITY);
    const { certificate: cert, privateKey: key } = issueServerCertificate(authority, 'test', VALIDITY);
    const secure = new HttpEndpoint({ host: '127.0.0.1', port: 0, routes: new Map(), tls: { cert, key } });
    const client = connect(await secure.start(), '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'connect');
    await secure.stop();
    await vi.waitUntil(() => client.destroyed);
  });

  it('stops though a client has begun a request and never ends it', async () => {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'connect');
    client.write('GET /healthz HTTP/1.1\r\nHost: a');
    // Answered behind the first client's octets: the server has read those.
    await fetch(`http://127.0.0.1:${port}/healthz`);
    await endpoint.stop();
    await vi.waitUntil(() => client.destroyed);
  });
});
