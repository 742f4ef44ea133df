// The Grafana dashboard, as code. `npm run generate` writes it to manifests/monitoring/dashboard.json.
import {
  DashboardBuilder as Dashboard,
  type DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const STAT = { width: 4, height: 4 };
/** By which Grafana tells the queries of a panel apart. */
const REF_IDS = 'ABCDEF';
const GRAPH = { width: 12, height: 8 };

interface Query {
  readonly expr: string;
  readonly legend?: string;
}

/** The JSON that Grafana imports: from the state of everything down to single protocols. */
export function dashboard(): unknown {
  const made = new Dashboard('HeraldLB')
    .uid('heraldlb')
    .tags(['heraldlb', 'kubernetes'])
    .description('Addresses of Services, who announces them, and the sessions with routers.')
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('pool')
        .label('Pool')
        .datasource(DATASOURCE)
        .query('label_values(heraldlb_pool_addresses, pool)')
        .multi(true)
        .includeAll(true),
    );
  overview(made);
  addresses(made);
  failover(made);
  bgp(made);
  controller(made);
  const built = made.build();
  return { ...built, panels: (built.panels ?? []).map((panel, at) => ({ ...panel, id: at + 1 })) };
}

function overview(to: DashboardBuilder): void {
  to.withRow(new RowBuilder('Now'))
    .withPanel(stat('Services that wait', 'max(heraldlb_services_pending)'))
    .withPanel(stat('Announced by nobody', 'sum(heraldlb_announcement_addresses{state=~"granted|obstructed"})'))
    .withPanel(stat('Announced', 'sum(heraldlb_announcement_addresses{state="claimed"})'))
    .withPanel(stat('Conflicts', 'sum(heraldlb_address_conflicts{seen!="survey"})'))
    .withPanel(stat('Speakers connected', 'max(heraldlb_speakers{state="connected"})'))
    .withPanel(stat('BGP sessions down', 'sum(heraldlb_bgp_session_up == bool 0)'));
}

function addresses(to: DashboardBuilder): void {
  to.withRow(new RowBuilder('Addresses'))
    .withPanel(
      graph('Addresses of pools in use', [
        { expr: 'heraldlb_pool_addresses{state="assigned",pool=~"$pool"}', legend: '{{pool}} {{family}}' },
      ]),
    )
    .withPanel(graph('Addresses by node', [{ expr: 'heraldlb_speaker_announced_addresses', legend: '{{instance}}' }]));
}

function failover(to: DashboardBuilder): void {
  to.withRow(new RowBuilder('Failover'))
    .withPanel(
      graph('Changes of owners, by reason', [
        { expr: 'sum by (reason) (increase(heraldlb_owner_changes_total[$__rate_interval]))', legend: '{{reason}}' },
      ]),
    )
    .withPanel(
      graph(
        'For how long nobody answered',
        [0.5, 0.99].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (le) (increase(heraldlb_failover_gap_seconds_bucket[1h])))`,
          legend: `p${quantile * 100}`,
        })),
      ).unit('s'),
    )
    .withPanel(
      graph('ARP and NDP', [
        {
          expr: 'sum by (instance) (rate(heraldlb_speaker_replies_total[$__rate_interval]))',
          legend: '{{instance}} replies',
        },
        {
          expr: 'sum by (instance) (rate(heraldlb_speaker_announcements_total[$__rate_interval]))',
          legend: '{{instance}} announcements',
        },
      ]),
    )
    .withPanel(
      graph('Frames that were dropped, by reason', [
        { expr: 'sum by (reason) (rate(heraldlb_speaker_drops_total[$__rate_interval]))', legend: '{{reason}}' },
      ]),
    );
}

function bgp(to: DashboardBuilder): void {
  to.withRow(new RowBuilder('BGP'))
    .withPanel(graph('Sessions', [{ expr: 'heraldlb_bgp_session_up', legend: '{{instance}} {{peer}}' }]))
    .withPanel(graph('Prefixes', [{ expr: 'heraldlb_bgp_prefixes_sent', legend: '{{instance}} {{peer}}' }]))
    .withPanel(
      graph('Sessions that ended, by cause', [
        {
          expr: 'sum by (peer, cause) (increase(heraldlb_bgp_session_ends_total[$__rate_interval]))',
          legend: '{{peer}} {{cause}}',
        },
      ]),
    )
    .withPanel(graph('BFD', [{ expr: 'heraldlb_bfd_session_up', legend: '{{instance}} {{peer}}' }]));
}

function controller(to: DashboardBuilder): void {
  to.withRow(new RowBuilder('Controller and speakers at work'))
    .withPanel(
      graph('Keys that wait in queues', [
        { expr: 'sum by (name) (workqueue_depth{job=~".*heraldlb.*"})', legend: '{{name}}' },
      ]),
    )
    .withPanel(
      graph('How late threads are, at worst', [
        {
          expr: 'histogram_quantile(1, sum by (instance, le) (increase(heraldlb_event_loop_lag_seconds_bucket[5m])))',
          legend: '{{instance}} main',
        },
        {
          expr: 'histogram_quantile(1, sum by (instance, le) (increase(heraldlb_speaker_packet_lag_seconds_bucket[5m])))',
          legend: '{{instance}} packets',
        },
      ]).unit('s'),
    )
    .withPanel(
      graph('What controller and speakers refused', [
        {
          expr: 'sum by (reason) (rate(heraldlb_speaker_hello_drops_total[$__rate_interval]))',
          legend: 'hello: {{reason}}',
        },
        {
          expr: 'sum by (reason) (rate(heraldlb_speaker_sessions_refused_total[$__rate_interval]))',
          legend: 'session: {{reason}}',
        },
        {
          expr: 'sum by (reason) (rate(heraldlb_claims_refused_total[$__rate_interval]))',
          legend: 'claim: {{reason}}',
        },
      ]),
    )
    .withPanel(
      graph('Work on Services, by result', [
        {
          expr: 'sum by (operation, result) (rate(heraldlb_service_syncs_total[$__rate_interval]))',
          legend: '{{operation}} {{result}}',
        },
      ]),
    )
    .withPanel(
      graph('Requests to the API server, by code', [
        {
          expr: 'sum by (code) (rate(rest_client_requests_total{job=~".*heraldlb.*"}[$__rate_interval]))',
          legend: '{{code}}',
        },
      ]),
    );
}

function stat(title: string, expr: string): StatPanel {
  return new StatPanel()
    .title(title)
    .datasource(DATASOURCE)
    .withTarget(query({ expr }).refId('A'))
    .height(STAT.height)
    .span(STAT.width);
}

function graph(title: string, queries: readonly Query[]): TimeseriesPanel {
  const panel = new TimeseriesPanel().title(title).datasource(DATASOURCE).height(GRAPH.height).span(GRAPH.width).min(0);
  for (const [at, each] of queries.entries()) panel.withTarget(query(each).refId(REF_IDS[at] ?? ''));
  return panel;
}

function query({ expr, legend = '' }: Query): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend);
}
