import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ControlPlane } from '../../kubernetes/control-plane.ts';
import { ManagedProcess } from '../../kubernetes/managed-process.ts';
import { DIST, NAMESPACE } from './shipped.ts';

/** Starts the release's controller on the loopback, with the rights of its ServiceAccount. @param flags further ones */
export async function startController(
  controlPlane: ControlPlane,
  name: string,
  flags: readonly string[],
): Promise<ManagedProcess> {
  const token = await controlPlane.api.serviceAccountToken(NAMESPACE, 'heraldlb-controller', {
    expirationSeconds: 3600,
  });
  const ports = `--speaker-port=${await freePort()} --health-port=${await freePort()} --metrics-port=0`.split(' ');
  const kubeconfig = ['--kubeconfig', controlPlane.kubeconfig(name, token)];
  return new ManagedProcess({
    name,
    logFile: controlPlane.folder.log(name),
    command: [process.execPath, join(DIST, 'controller.mjs'), ...kubeconfig, ...ports, ...flags],
    environment: { POD_NAME: name, POD_NAMESPACE: NAMESPACE, POD_IP: '127.0.0.1', NODE_NAME: 'node1' },
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
