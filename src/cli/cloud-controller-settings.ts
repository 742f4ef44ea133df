import type { Command } from 'commander';
import { invalidTimings } from '../controller/leader/leader-elector.ts';
import type { ObjectRef } from '../ports/kubernetes.ts';
import { UsageError } from './process-life.ts';

/** What the flags of a cloud-controller-manager say, checked. */
export interface CloudControllerSettings {
  readonly clusterName: string;
  readonly kubeconfig?: string;
  readonly master?: string;
  /** Requests a second; 0 = no limit. */
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
  readonly concurrentServiceSyncs: number;
  readonly loadBalancerClass?: string;
  readonly runsServiceController: boolean;
  readonly leaderElection: {
    readonly enabled: boolean;
    readonly lease: ObjectRef;
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  /** 0 = off. */
  readonly securePort: number;
  readonly bindAddress: string;
  /** Absent: a certificate made in memory. */
  readonly tlsFiles?: { readonly cert: string; readonly key: string };
  /** Whether `-v` asks for every step. */
  readonly verbose: boolean;
}

interface Flags {
  readonly cloudProvider: string;
  readonly clusterName: string;
  readonly kubeconfig?: string;
  readonly master?: string;
  readonly kubeApiQps: number;
  readonly kubeApiBurst: number;
  readonly concurrentServiceSyncs: number;
  readonly concurrentNodeSyncs: number;
  readonly concurrentNodeStatusUpdates: number;
  readonly controllers?: readonly string[];
  readonly loadBalancerClass?: string;
  readonly leaderElect: boolean;
  readonly leaderElectLeaseDuration: number;
  readonly leaderElectRenewDeadline: number;
  readonly leaderElectRetryPeriod: number;
  readonly leaderElectResourceLock: string;
  readonly leaderElectResourceName: string;
  readonly leaderElectResourceNamespace?: string;
  readonly securePort: number;
  readonly bindAddress: string;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly v: number;
}

/** @see k8s.io/cloud-provider names */
const CONTROLLER_NAMES: Readonly<Record<string, string>> = {
  'service-lb-controller': 'service-lb-controller',
  service: 'service-lb-controller',
  'cloud-node-controller': 'cloud-node-controller',
  'cloud-node': 'cloud-node-controller',
  'cloud-node-lifecycle-controller': 'cloud-node-lifecycle-controller',
  'cloud-node-lifecycle': 'cloud-node-lifecycle-controller',
  'node-route-controller': 'node-route-controller',
  route: 'node-route-controller',
};

/**
 * Checks what the flags say. Throws a UsageError of one line that names the flag. `namespace` is where the Lease lives unless a
 * flag says otherwise.
 */
export function cloudControllerSettings(command: Command, namespace: string): CloudControllerSettings {
  const flags = command.opts<Flags>();
  check(flags.cloudProvider === 'heraldlb', `--cloud-provider must be heraldlb, not "${flags.cloudProvider}"`);
  check(flags.concurrentServiceSyncs > 0, '--concurrent-service-syncs must be greater than 0');
  check(flags.concurrentNodeSyncs > 0, '--concurrent-node-syncs must be greater than 0');
  check(flags.concurrentNodeStatusUpdates >= 0, '--concurrent-node-status-updates must not be negative');
  check(flags.kubeApiQps <= 0 || flags.kubeApiBurst > 0, '--kube-api-burst must be greater than 0');
  check(flags.leaderElectResourceLock === 'leases', '--leader-elect-resource-lock must be leases');
  check(flags.securePort >= 0 && flags.securePort <= 65_535, '--secure-port must be a port from 0 to 65535');
  check(
    (flags.tlsCertFile === undefined) === (flags.tlsPrivateKeyFile === undefined),
    '--tls-cert-file and --tls-private-key-file must be given together',
  );
  check(
    flags.master === undefined || URL.canParse(flags.master),
    '--master must be an address such as https://10.0.0.1:6443',
  );
  const { kubeconfig, master, loadBalancerClass, tlsCertFile, tlsPrivateKeyFile } = flags;
  return {
    clusterName: flags.clusterName,
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(master ? { master } : {}),
    kubeApiQps: Math.max(0, flags.kubeApiQps),
    kubeApiBurst: flags.kubeApiBurst,
    concurrentServiceSyncs: flags.concurrentServiceSyncs,
    ...(loadBalancerClass ? { loadBalancerClass } : {}),
    runsServiceController: runs('service-lb-controller', flags.controllers ?? ['*']),
    leaderElection: leaderElection(flags, namespace),
    securePort: flags.securePort,
    bindAddress: flags.bindAddress,
    ...(tlsCertFile && tlsPrivateKeyFile ? { tlsFiles: { cert: tlsCertFile, key: tlsPrivateKeyFile } } : {}),
    verbose: flags.v >= 4,
  };
}

function leaderElection(flags: Flags, namespace: string): CloudControllerSettings['leaderElection'] {
  const timings = {
    leaseDurationMs: flags.leaderElectLeaseDuration,
    renewDeadlineMs: flags.leaderElectRenewDeadline,
    retryPeriodMs: flags.leaderElectRetryPeriod,
  };
  const invalid = invalidTimings(timings);
  check(!flags.leaderElect || invalid === undefined, `--leader-elect-*: ${invalid ?? ''}`);
  return {
    enabled: flags.leaderElect,
    lease: { namespace: flags.leaderElectResourceNamespace ?? namespace, name: flags.leaderElectResourceName },
    ...timings,
  };
}

/**
 * The first entry that fits decides; without one, only `*` runs it.
 * @see k8s.io/controller-manager genericcontrollermanager.IsControllerEnabled
 */
function runs(controller: string, entries: readonly string[]): boolean {
  for (const entry of entries) {
    const name = entry.replace(/^-/, '');
    const known = CONTROLLER_NAMES[name];
    check(entry === '*' || known !== undefined, `--controllers: there is no controller "${name}"`);
    if (known === controller) return !entry.startsWith('-');
  }
  return entries.includes('*');
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new UsageError(message);
}
