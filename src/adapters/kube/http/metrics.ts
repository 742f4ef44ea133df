/** @see https://kubernetes.io/docs/reference/instrumenting/metrics/ */
export const REST_CLIENT_REQUESTS_TOTAL = {
  name: 'rest_client_requests_total',
  help: 'Requests to the API server, by HTTP status code and method; <error> where no answer came.',
  labels: ['code', 'method'],
} as const;

export const REST_CLIENT_REQUEST_DURATION_SECONDS = {
  name: 'rest_client_request_duration_seconds',
  help: 'Time until the head of the API server answer, by verb.',
  labels: ['verb'],
  buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30],
} as const;
