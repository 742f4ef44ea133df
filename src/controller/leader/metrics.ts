/** @see k8s.io/component-base metrics/prometheus/clientgo/leaderelection */
export const LEADER_ELECTION_MASTER_STATUS = {
  name: 'leader_election_master_status',
  help: 'Whether this process leads: 1 when it does.',
  labels: ['name'],
} as const;
