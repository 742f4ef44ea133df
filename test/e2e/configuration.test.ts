import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import { type ControlPlane, SERVICE_CIDR, startControlPlane } from '../kubernetes/control-plane.ts';
import type { ManagedProcess } from '../kubernetes/managed-process.ts';
import { startController } from './support/controller-process.ts';
import { Services } from './support/services.ts';
import { MANIFESTS } from './support/shipped.ts';

const LEGACY_FLAG = '--legacy-config=metallb-system/config';
/** As it was written for a MetalLB before 0.13. */
const LEGACY_TEXT = `address-pools:
- name: legacy
  protocol: layer2
  addresses:
  - 10.9.64.10-10.9.64.20
`;
const POOLS = '/apis/heraldlb.io/v1/namespaces/heraldlb-system/lbipaddresspools';

let cluster: ControlPlane;
let services: Services;
let controller: ManagedProcess | undefined;

beforeAll(async () => {
  cluster = await startControlPlane({ name: 'configuration' });
  services = new Services(cluster.api);
  await cluster.kubectl(['apply', '-k', MANIFESTS]);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.api.create('/api/v1/namespaces/metallb-system/configmaps', {
    metadata: { name: 'config' },
    data: { config: LEGACY_TEXT },
  });
  await cluster.kubectl(['apply', '-f', join(MANIFESTS, 'examples', 'legacy-config.yaml')]);
  controller = await startController(cluster, 'controller', [LEGACY_FLAG]);
});

afterAll(async () => {
  await controller?.end('SIGKILL');
  await cluster[Symbol.asyncDispose]();
});

function pool(name: string, spec: ApiObject): Promise<ApiObject> {
  return cluster.api.create(POOLS, { apiVersion: 'heraldlb.io/v1', kind: 'IPAddressPool', metadata: { name }, spec });
}

/** The pool's condition Valid, once it is there. */
async function validity(name: string): Promise<ApiObject> {
  const condition = (found: ApiObject | undefined): ApiObject | undefined =>
    (found?.status?.conditions as ApiObject[] | undefined)?.find(({ type }) => type === 'Valid');
  return condition(await cluster.api.until(`${POOLS}/${name}`, (found) => condition(found) !== undefined)) ?? {};
}

it('the ConfigMap of a MetalLB before 0.13 runs unedited, with the Role of the examples', async () => {
  await services.create('web', { app: 'web' });
  expect(await services.address('web')).toBe('10.9.64.10');
  const { metadata } = await services.get('web');
  expect(metadata.annotations).toMatchObject({ 'metallb.io/ip-allocated-from-pool': 'legacy' });
});

it('a pool over the range of the cluster IPs is out, and its condition says why and what to do', async () => {
  await pool('inside', { addresses: ['10.96.7.0/24'] });
  expect(await validity('inside')).toMatchObject({
    status: 'False',
    reason: 'Overlap',
    message: expect.stringMatching(
      /^spec\.addresses\[0\] .*overlaps "10\.96\.0\.0-.*ServiceCIDR "kubernetes".*take these addresses out/,
    ),
  });
  expect(SERVICE_CIDR).toBe('10.96.0.0/16');
});

it('kubectl shows at a glance which objects are in force, by category and by short name', async () => {
  await pool('good', { addresses: ['10.9.80.0/24'], autoAssign: false });
  expect(await validity('good')).toMatchObject({ status: 'True', reason: 'InForce' });
  // kubectl remembers for ten minutes which categories there are: it has asked before our kinds were there.
  const fresh = ['--cache-dir', cluster.folder.folder('kubectl-cache')];
  const all = await cluster.kubectl(['get', 'heraldlb', '-A', ...fresh]);
  expect(all).toMatch(/ipaddresspool.heraldlb.io\/good .*True/);
  expect(all).toMatch(/ipaddresspool.heraldlb.io\/inside .*False/);
  const wide = await cluster.kubectl(['get', 'lbpool', '-n', 'heraldlb-system', '-o', 'wide', ...fresh]);
  expect(wide).toMatch(/inside .*Overlap/);
});

it('a Service that is deleted and made again has the address that is reserved for it, and nobody else meanwhile', async () => {
  const reservations = [{ service: 'default/kept', addresses: ['10.9.70.0'] }];
  await pool('reserving', { addresses: ['10.9.70.0/31'], reservations });
  expect(await validity('reserving')).toMatchObject({ status: 'True' });
  await services.create('kept', { app: 'web' });
  expect(await services.address('kept')).toBe('10.9.70.0');
  await services.delete('kept');
  await services.gone('kept');
  await cluster.api.create('/api/v1/namespaces/default/services', {
    metadata: { name: 'other', annotations: { 'heraldlb.io/address-pool': 'reserving' } },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  });
  expect(await services.address('other')).toBe('10.9.70.1');
  await services.create('kept', { app: 'web' });
  expect(await services.address('kept')).toBe('10.9.70.0');
});

it('with the ClusterRole of an older version a controller serves all the same, and logs the permission that it lacks', async () => {
  await controller?.end();
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/heraldlb-controller';
  const role = await cluster.api.get(path);
  const older = (role.rules as ApiObject[]).filter(
    ({ resources }) => !(resources as string[]).includes('servicecidrs'),
  );
  await cluster.api.patch(path, { rules: older });
  controller = await startController(cluster, 'controller-of-the-upgrade', [LEGACY_FLAG]);
  await services.create('later', { app: 'web', requested: '10.9.64.11' });
  expect(await services.address('later')).toBe('10.9.64.11');
  expect(await controller.lastLines(1_000)).toMatch(/servicecidrs.networking.k8s.io.*403/);
  // Without it nobody knows that the pool reaches into the range.
  await cluster.api.until(`${POOLS}/inside`, (found) => found?.status?.conditions?.[0]?.status === 'True');
});
