import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../../ports/error-message.ts';
import type { Clock } from '../../../ports/time.ts';
import { type ClusterAccess, ClusterAccessError, type TlsMaterial } from './cluster-access.ts';
import { TokenFile } from './token-file.ts';

export interface KubeconfigOptions {
  readonly path: string;
  /** Used in place of the cluster's server (`--master`). */
  readonly master?: string;
  /** Used in place of the file's current one. */
  readonly context?: string;
}

interface ClusterEntry {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}

interface UserEntry {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
}

interface KubeconfigFile {
  readonly 'current-context'?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster?: ClusterEntry }[];
  readonly contexts?: readonly {
    readonly name: string;
    readonly context?: { readonly cluster?: string; readonly user?: string };
  }[];
  readonly users?: readonly { readonly name: string; readonly user?: UserEntry }[];
}

/**
 * A context of a kubeconfig file. Rejects with a ClusterAccessError when the file cannot be used.
 *
 * Plain credentials are read here. Exec plugins, auth providers and proxies are client-node's, which is loaded only then:
 * with its generated models it costs 20 MiB bundled, and 80 MiB unbundled.
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function kubeconfigAccess(options: KubeconfigOptions, clock: Clock): Promise<ClusterAccess> {
  const { path } = options;
  const { cluster, user } = contextOf(await parse(path), options);
  const server = parseServer(options.master ?? cluster.server, path);
  if (user.exec !== undefined || user['auth-provider'] !== undefined || cluster['proxy-url']) {
    const { clientNodeAccess } = await import('./client-node.ts');
    return clientNodeAccess(options, server);
  }
  const directory = dirname(resolve(path));
  const tokenFile = user.tokenFile ? new TokenFile(resolve(directory, user.tokenFile), clock) : undefined;
  return {
    server,
    tls: () => tlsOf(cluster, user, directory),
    authorization: async () =>
      tokenFile === undefined ? staticAuthorization(user) : `Bearer ${await tokenFile.token()}`,
  };
}

async function parse(path: string): Promise<KubeconfigFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ClusterAccessError(`cannot read kubeconfig ${path}: ${firstLine(error)}`);
  });
  // A bundler gives a CommonJS module no names but this one.
  const { default: yaml } = await import('yaml');
  try {
    const file: unknown = yaml.parse(text);
    if (typeof file === 'object' && file !== null) return file;
  } catch (error) {
    throw new ClusterAccessError(`kubeconfig ${path} is not YAML: ${firstLine(error)}`);
  }
  throw new ClusterAccessError(`kubeconfig ${path} is empty`);
}

function contextOf(file: KubeconfigFile, options: KubeconfigOptions): { cluster: ClusterEntry; user: UserEntry } {
  const { path, context: name = file['current-context'] } = options;
  if (!name) throw new ClusterAccessError(`kubeconfig ${path} has no current-context`);
  const context = file.contexts?.find((entry) => entry.name === name)?.context;
  if (context === undefined) {
    throw new ClusterAccessError(`kubeconfig ${path}: context "${name}" is not among its contexts`);
  }
  const cluster = file.clusters?.find((entry) => entry.name === context.cluster)?.cluster;
  if (cluster === undefined) {
    throw new ClusterAccessError(
      `kubeconfig ${path}: cluster "${context.cluster ?? ''}" of context "${name}" is not among its clusters`,
    );
  }
  const user = file.users?.find((entry) => entry.name === context.user)?.user;
  if (context.user && user === undefined) {
    throw new ClusterAccessError(
      `kubeconfig ${path}: user "${context.user}" of context "${name}" is not among its users`,
    );
  }
  return { cluster, user: user ?? {} };
}

function parseServer(server: string | undefined, path: string): URL {
  const url = server !== undefined && URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new ClusterAccessError(`kubeconfig ${path}: server "${server ?? ''}" is not an http or https address`);
  }
  return url;
}

async function tlsOf(cluster: ClusterEntry, user: UserEntry, directory: string): Promise<TlsMaterial> {
  const material = async (base64: string | undefined, path: string | undefined): Promise<Buffer | undefined> => {
    if (base64) return Buffer.from(base64, 'base64');
    return path ? await readFile(resolve(directory, path)) : undefined;
  };
  const [ca, cert, key] = await Promise.all([
    material(cluster['certificate-authority-data'], cluster['certificate-authority']),
    material(user['client-certificate-data'], user['client-certificate']),
    material(user['client-key-data'], user['client-key']),
  ]);
  return {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(cluster['tls-server-name'] ? { servername: cluster['tls-server-name'] } : {}),
    ...(cluster['insecure-skip-tls-verify'] ? { rejectUnauthorized: false } : {}),
  };
}

function staticAuthorization(user: UserEntry): string | undefined {
  if (user.token) return `Bearer ${user.token}`;
  if (!user.username) return undefined;
  return `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? '';
}
