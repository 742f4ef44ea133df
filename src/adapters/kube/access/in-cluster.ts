import { access, readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../../ports/time.ts';
import { type ClusterAccess, ClusterAccessError } from './cluster-access.ts';
import { TokenFile } from './token-file.ts';

/** Where the kubelet mounts the ServiceAccount of a Pod. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Holds `token` and `ca.crt`. */
  readonly directory?: string;
  /** Used in place of the address in the environment (`--master`). */
  readonly master?: string;
}

/** The API server of the Pod that we run in, as its ServiceAccount. Rejects with a ClusterAccessError outside of a Pod. */
export async function inClusterAccess(options: InClusterOptions, clock: Clock): Promise<ClusterAccess> {
  const directory = options.directory ?? SERVICE_ACCOUNT_DIRECTORY;
  const server = options.master ?? serverOf(options.environment);
  if (server === undefined) {
    throw new ClusterAccessError(
      'not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; give --kubeconfig',
    );
  }
  const tokenPath = join(directory, 'token');
  await access(tokenPath).catch(() => {
    throw new ClusterAccessError(`cannot read the ServiceAccount token ${tokenPath}; give --kubeconfig`);
  });
  const tokenFile = new TokenFile(tokenPath, clock);
  return {
    server: new URL(server),
    tls: async () => ({ ca: await readFile(join(directory, 'ca.crt')) }),
    authorization: async () => `Bearer ${await tokenFile.token()}`,
  };
}

function serverOf(environment: InClusterOptions['environment']): string | undefined {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
