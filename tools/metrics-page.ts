import type { DeclaredMetric } from './metric-definitions.ts';

const HEADER = `# Metrics

Made by \`npm run generate\` from the tables in \`src/**/metrics.ts\`. Both processes serve them in Prometheus text format on port 7954, path \`/metrics\`.
Metrics that begin with \`metallb_\` have MetalLB's names and meaning, for dashboards and alerts that are there already. Alerts: \`manifests/monitoring/alerts.yaml\`.

| metric | type | labels | of | what |
|---|---|---|---|---|
`;

/** The reference page of the metrics. */
export function metricsReference(metrics: readonly DeclaredMetric[]): string {
  const rows = metrics.map(({ kind, definition: { name, labels, help }, component }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${names} | ${component} | ${help.replaceAll('|', '\\|')} |\n`;
  });
  return HEADER + rows.join('');
}
