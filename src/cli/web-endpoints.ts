import { readFile } from 'node:fs/promises';
import { issueServerCertificate, makeAuthority } from '../adapters/grpc/certificates.ts';
import { type HttpAnswer, HttpEndpoint, textAnswer } from '../adapters/telemetry/http-endpoint.ts';
import type { ControllerParts } from './controller-process.ts';
import type { ControllerSettings } from './controller-settings.ts';
import { liveRoutes } from './live-page.ts';
import { metricsRoute } from './metrics-route.ts';

type Route = () => HttpAnswer | Promise<HttpAnswer>;

/** No client checks this certificate: it only has to outlive the process. */
const SELF_SIGNED_YEARS = 10;

/**
 * Starts what a cloud-controller-manager serves over HTTP: health on the secure port, and metrics on a plain one.
 * @see k8s.io/cloud-provider app/controllermanager.go
 */
export async function webEndpoints(settings: ControllerSettings, parts: ControllerParts): Promise<HttpEndpoint[]> {
  const endpoints: HttpEndpoint[] = [];
  if (settings.securePort !== 0) {
    const options = {
      host: settings.bindAddress,
      port: settings.securePort,
      routes: healthRoutes(parts),
    };
    endpoints.push(new HttpEndpoint({ ...options, tls: await certificate(settings) }));
  }
  if (settings.metricsPort !== 0) {
    endpoints.push(
      new HttpEndpoint({
        host: settings.listenAddress,
        port: settings.metricsPort,
        routes: new Map<string, Route>([...metricsRoute(parts.metrics), ...liveRoutes(parts.live)]),
      }),
    );
  }
  for (const endpoint of endpoints) await endpoint.start();
  return endpoints;
}

/** Upstream serves only /healthz; probes written for an API server ask for the other two. */
function healthRoutes({ configuration, elector, metrics }: ControllerParts): ReadonlyMap<string, Route> {
  const verdict = (problem: string | undefined): HttpAnswer =>
    problem === undefined ? textAnswer(200, 'ok') : textAnswer(503, problem);
  const health = (): HttpAnswer => verdict(elector.healthy ? undefined : 'leads, but has not renewed its Lease');
  return new Map<string, Route>([
    ...metricsRoute(metrics),
    ['/healthz', health],
    ['/livez', health],
    ['/readyz', () => verdict(configuration.ready() ? undefined : 'still reading the configuration')],
  ]);
}

async function certificate({
  tlsFiles,
  podName,
}: ControllerSettings): Promise<{ readonly cert: string; readonly key: string }> {
  if (tlsFiles !== undefined) {
    return { cert: await readFile(tlsFiles.cert, 'utf8'), key: await readFile(tlsFiles.key, 'utf8') };
  }
  const notBefore = new Date();
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notBefore.getFullYear() + SELF_SIGNED_YEARS);
  const validity = { notBefore, notAfter };
  const { certificate: cert, privateKey: key } = issueServerCertificate(
    makeAuthority('heraldlb self-signed', validity),
    podName,
    validity,
  );
  return { cert, key };
}
