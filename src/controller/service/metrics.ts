/** 1, 2, 4 … seconds. @see k8s.io/cloud-provider controllers/service metrics.go */
const UPSTREAM_BUCKETS = Array.from({ length: 15 }, (_, power) => 2 ** power);

export const SERVICE_METRICS = {
  loadBalancerSyncs: {
    name: 'service_controller_loadbalancer_sync_total',
    help: 'Load balancers whose nodes were updated after a change of nodes.',
    labels: [],
  },
  nodeSyncErrors: {
    name: 'service_controller_nodesync_error_total',
    help: 'Load balancers that could not be updated after a change of nodes.',
    labels: [],
  },
  nodeSyncLatency: {
    name: 'service_controller_nodesync_latency_seconds',
    help: 'Time to update every load balancer after a change of nodes.',
    labels: [],
    buckets: UPSTREAM_BUCKETS,
  },
  updateHostLatency: {
    name: 'service_controller_update_loadbalancer_host_latency_seconds',
    help: 'Time to update one load balancer after a change of nodes.',
    labels: [],
    buckets: UPSTREAM_BUCKETS,
  },
  syncs: {
    name: 'heraldlb_service_syncs_total',
    help: 'Services that were worked on, by what became of it.',
    labels: ['operation', 'result'],
  },
  syncDuration: {
    name: 'heraldlb_service_sync_duration_seconds',
    help: 'Time to work on one Service, its API requests included.',
    labels: ['operation'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
  },
  pending: {
    name: 'heraldlb_services_pending',
    help: 'Services that wait for an address.',
    labels: [],
  },
  repairs: {
    name: 'heraldlb_service_status_repairs_total',
    help: 'Statuses that somebody else had changed and that were put right.',
    labels: [],
  },
  /** As MetalLB names it. */
  metallbUpdates: {
    name: 'metallb_k8s_client_updates_total',
    help: 'Services that were worked on.',
    labels: [],
  },
  /** As MetalLB names it. */
  metallbUpdateErrors: {
    name: 'metallb_k8s_client_update_errors_total',
    help: 'Services whose work failed and is tried again.',
    labels: [],
  },
} as const;
