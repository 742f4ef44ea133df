import { expect, it } from 'vitest';
import { HttpEndpoint } from '../../../src/adapters/telemetry/http-endpoint.ts';
import { PromMetrics } from '../../../src/adapters/telemetry/prom-metrics.ts';
import type { ControllerParts } from '../../../src/cli/controller-process.ts';
import type { ControllerSettings } from '../../../src/cli/controller-settings.ts';
import { webEndpoints } from '../../../src/cli/web-endpoints.ts';

async function freePort(): Promise<number> {
  const probe = new HttpEndpoint({ host: '127.0.0.1', port: 0, routes: new Map() });
  const port = await probe.start();
  await probe.stop();
  return port;
}

it('metrics are where speakers and probes find us, wherever the secure port is bound', async () => {
  const metricsPort = await freePort();
  const settings = { securePort: 0, bindAddress: '127.0.0.2', listenAddress: '127.0.0.1', metricsPort };
  const endpoints = await webEndpoints(
    settings as ControllerSettings,
    { metrics: new PromMetrics() } as unknown as ControllerParts,
  );
  expect((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status).toBe(200);
  for (const endpoint of endpoints) await endpoint.stop();
});
