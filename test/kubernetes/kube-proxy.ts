import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';
import { POD_CIDR } from './control-plane.ts';
import { ManagedProcess, type Spawner } from './managed-process.ts';
import { isReachable } from './reachable.ts';

export type KubeProxyMode = 'nftables' | 'iptables';

export interface KubeProxyNode {
  readonly name: string;
  readonly address: string;
  readonly spawn: Spawner;
}

const HEALTH_PORT = 10256;

/** Starts the real kube-proxy on a node, and waits until it has written its first rules. */
export async function startKubeProxy(
  controlPlane: ControlPlane,
  node: KubeProxyNode,
  mode: KubeProxyMode,
): Promise<ManagedProcess> {
  const config = join(controlPlane.folder.folder('kube-proxy'), `${node.name}.json`);
  writeFileSync(config, JSON.stringify(configuration(controlPlane, node, mode)));
  const proxy = new ManagedProcess(
    {
      name: `kube-proxy of ${node.name}`,
      command: [controlPlane.binaries.path('kube-proxy'), `--config=${config}`],
      logFile: controlPlane.folder.log(`kube-proxy-${node.name}`),
    },
    node.spawn,
  );
  const health = `http://${node.address}:${HEALTH_PORT}/livez`;
  await proxy.until('its first rules', async () => ((await isReachable(health)) ? true : undefined));
  return proxy;
}

function configuration(controlPlane: ControlPlane, node: KubeProxyNode, mode: KubeProxyMode): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: controlPlane.kubeconfig('system:kube-proxy') },
    hostnameOverride: node.name,
    mode,
    clusterCIDR: POD_CIDR,
    bindAddress: '0.0.0.0',
    healthzBindAddress: `0.0.0.0:${HEALTH_PORT}`,
    metricsBindAddress: '127.0.0.1:10249',
    // These limits belong to the machine, not to a namespace: kube-proxy is to leave them alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    // The tests wait for the rules: the usual second would be most of their time.
    iptables: { minSyncPeriod: '100ms' },
    nftables: { minSyncPeriod: '100ms' },
  };
}
