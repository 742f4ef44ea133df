import type { HttpAnswer } from '../adapters/telemetry/http-endpoint.ts';
import type { PromMetrics } from '../adapters/telemetry/prom-metrics.ts';

/** `/metrics` in Prometheus text format. */
export function metricsRoute(metrics: PromMetrics): ReadonlyMap<string, () => Promise<HttpAnswer>> {
  const answer = async (): Promise<HttpAnswer> => {
    const { contentType, text } = await metrics.exposition();
    return { status: 200, contentType, body: text };
  };
  return new Map([['/metrics', answer]]);
}
