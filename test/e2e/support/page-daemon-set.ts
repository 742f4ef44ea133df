import type { ApiObject } from '../../kubernetes/api.ts';
import { PAGE_PORT } from '../../kubernetes/process-cluster.ts';
import { PAGE_IMAGE } from '../../kubernetes/test-images.ts';

/** A Pod with a page on every node. */
export function pageDaemonSet(app: string): ApiObject {
  const field = (name: string, fieldPath: string): ApiObject => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const env = [
    { name: 'LISTEN', value: `:${PAGE_PORT}` },
    field('NODE_NAME', 'spec.nodeName'),
    field('POD_NAME', 'metadata.name'),
  ];
  const container = { name: 'page', image: PAGE_IMAGE, imagePullPolicy: 'Never', env };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: app, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { containers: [container] } },
    },
  };
}
