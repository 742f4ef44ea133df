import { stringify } from 'yaml';
import type { JsonObject } from './json.ts';

export interface ApiAccess {
  readonly url: string;
  /** PEM */
  readonly ca: string;
  readonly token: string;
  readonly namespace?: string;
}

/** A kubeconfig with one cluster, one user and one context. @see Kubernetes "Organizing Cluster Access" */
export function kubeconfigOf(access: ApiAccess): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'lab',
        cluster: {
          server: access.url,
          'certificate-authority-data': Buffer.from(access.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'lab', user: { token: access.token } }],
    contexts: [
      {
        name: 'lab',
        context: {
          cluster: 'lab',
          user: 'lab',
          ...(access.namespace === undefined ? {} : { namespace: access.namespace }),
        },
      },
    ],
    'current-context': 'lab',
  };
}

export function kubeconfigYaml(access: ApiAccess): string {
  return stringify(kubeconfigOf(access));
}
