import type { Agent } from 'node:http';

/** What TLS needs to trust the API server and to show who we are. PEM. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** How one API server is reached, and as whom. */
export interface ClusterAccess {
  /** Scheme, host, port and perhaps a path before `/api`. */
  readonly server: URL;
  /** Read anew for each new connection pool, so that rotated files are found. */
  tls(): Promise<TlsMaterial>;
  /** The `Authorization` header of a request made now. */
  authorization(): Promise<string | undefined>;
  /** Present when connections go through a proxy. */
  proxyAgent?(): Promise<Agent | undefined>;
}

/** The way to the cluster is not usable as it is written. The message is one line: what, where, what to do. */
export class ClusterAccessError extends Error {
  override readonly name = 'ClusterAccessError';
}
