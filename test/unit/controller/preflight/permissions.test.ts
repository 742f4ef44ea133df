import { expect, test } from 'vitest';
import {
  controllerPermissions,
  describePermission,
  logMissingPermissions,
  retirementPermissions,
} from '../../../../src/controller/preflight/permissions.ts';
import type { Permission } from '../../../../src/ports/stores.ts';
import { RecordingLog } from '../../../support/recording-telemetry.ts';

const OWN = {
  namespace: 'heraldlb-system',
  lease: { namespace: 'kube-system', name: 'heraldlb-controller' },
  caSecret: 'heraldlb-ca',
  helloKeys: 'heraldlb-hello-keys',
  caBundle: 'heraldlb-ca-bundle',
  endpointSlice: 'heraldlb-controller',
};

async function preflight(allowed: (permission: Permission) => boolean | Error) {
  const log = new RecordingLog();
  const reviewer = {
    allowed: async (permission: Permission) => {
      const answer = allowed(permission);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const missing = await logMissingPermissions(
    [...controllerPermissions(OWN), ...retirementPermissions()],
    { reviewer, log, grantedBy: 'manifests/controller' },
    new AbortController().signal,
  );
  return { log, missing };
}

test('every missing permission is one line that names verb, resource and where', async () => {
  const { log, missing } = await preflight(({ resource }) => resource !== 'services/status' && resource !== 'leases');
  expect(missing.map(describePermission)).toEqual([
    'patch services/status in all namespaces',
    'create leases.coordination.k8s.io in namespace kube-system',
    'get leases.coordination.k8s.io heraldlb-controller in namespace kube-system',
    'update leases.coordination.k8s.io heraldlb-controller in namespace kube-system',
    'list leases.coordination.k8s.io in namespace kube-node-lease',
    'watch leases.coordination.k8s.io in namespace kube-node-lease',
  ]);
  expect(log.events('error')).toHaveLength(6);
});

test('an API server that cannot say is not in the way', async () => {
  const { log, missing } = await preflight(() => new Error('away'));
  expect(missing).toEqual([]);
  expect(log.events('error')).toEqual([]);
});
