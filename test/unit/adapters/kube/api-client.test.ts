import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ApiClient } from '../../../../src/adapters/kube/http/api-client.ts';
import { SERVICES } from '../../../../src/adapters/kube/resource-types.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingMetrics } from '../../../support/recording-telemetry.ts';

test.each([
  ['127.0.0.1', '/k8s/clusters/c-1/', '/k8s/clusters/c-1/api/v1/namespaces/default/services?limit=1'],
  ['::1', '/', '/api/v1/namespaces/default/services?limit=1'],
])(
  'a request to a server at %s goes to the path of the server, then to that of the resource',
  async (host, base, url) => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url, request.headers.host);
      response.end('{"items":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const authority = `${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
    const access = {
      server: new URL(`http://${authority}${base}`),
      tls: () => Promise.resolve({}),
      authorization: () => Promise.resolve(undefined),
    };
    const time = new ManualTime();
    const client = new ApiClient(
      { access, qps: 0, burst: 0, userAgent: 'test' },
      { clock: time, timers: time, metrics: new RecordingMetrics() },
    );
    try {
      const path = { type: SERVICES, namespace: 'default' };
      expect(await client.send({ verb: 'list', path, query: { limit: '1' } })).toEqual({ items: [] });
      expect(asked).toEqual([url, authority]);
    } finally {
      client.close();
      server.close();
    }
  },
);
