import { Authentication } from './access/authentication.ts';
import { Rbac } from './access/rbac.ts';
import { ServiceAccountTokens } from './access/service-account-tokens.ts';
import { ADMIN, type User } from './access/user.ts';
import { bootstrap } from './bootstrap.ts';
import { CustomKinds } from './custom-kinds.ts';
import { Faults } from './faults.ts';
import { ApiHandler } from './http/api-handler.ts';
import { createServerIdentity } from './http/certificates.ts';
import { Listener } from './http/listener.ts';
import { ResourceHandler } from './http/resource-handler.ts';
import type { JsonObject } from './json.ts';
import { builtInResources } from './kinds/built-in.ts';
import { ServiceAllocations } from './kinds/service-allocations.ts';
import { type KubeObject, keyOf } from './kube-object.ts';
import { kubeconfigOf, kubeconfigYaml } from './kubeconfig.ts';
import { NamespaceLoop } from './namespace-loop.ts';
import { ResourceRegistry } from './registry.ts';
import { Store } from './store/store.ts';
import { timestamp, Writes } from './writes.ts';

export interface EmbeddedApiOptions {
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** Further names and addresses for the certificate. */
  readonly alsoKnownAs?: readonly string[];
  /** Bearer token of a member of system:masters. */
  readonly adminToken?: string;
  /** Further static bearer tokens. */
  readonly tokens?: Readonly<Record<string, User>>;
  /** Default family first. */
  readonly serviceCidrs?: readonly string[];
  readonly nodePorts?: { readonly first: number; readonly last: number };
  /** Changes of one resource that a watch may start from; older ones are answered with 410. */
  readonly historyLimit?: number;
  readonly bookmarkSeconds?: number;
  /** The date, for timestamps and the expiry of tokens. */
  readonly now?: () => Date;
}

/** A running embedded API. */
export interface EmbeddedApi {
  readonly url: string;
  /** CA certificate, PEM. */
  readonly ca: string;
  readonly adminToken: string;
  readonly kubeconfig: JsonObject;
  readonly kubeconfigYaml: string;
  readonly faults: Faults;
  readonly store: Store;
  /** A kubeconfig for another token, as of a ServiceAccount. */
  kubeconfigFor(token: string, namespace?: string): string;
  /** Stores an object past all rules but those of JSON; gives back what is stored. */
  seed(object: KubeObject): KubeObject;
  /** Forgets the watch history: every older resourceVersion is answered with 410. */
  compact(): void;
  /** Stops listening and resets every connection, as a killed server. */
  outage(): Promise<void>;
  /** Listens again on the same port, with all objects still there. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULTS = {
  host: '127.0.0.1',
  issuer: 'https://kubernetes.default.svc.cluster.local',
  serviceCidrs: ['10.96.0.0/16'],
  nodePorts: { first: 30_000, last: 32_767 },
  historyLimit: 5_000,
  bookmarkSeconds: 60,
  watchSeconds: 3_600,
};

/** Starts an embedded Kubernetes API: everything in memory, served over HTTPS. */
export async function startEmbeddedApi(options: EmbeddedApiOptions = {}): Promise<EmbeddedApi> {
  const now = options.now ?? (() => new Date());
  const host = options.host ?? DEFAULTS.host;
  const adminToken = options.adminToken ?? 'lab-admin';
  const hosts = [
    ...new Set([host, '127.0.0.1', 'localhost', 'kubernetes.default.svc', ...(options.alsoKnownAs ?? [])]),
  ];
  const identity = await createServerIdentity(hosts, now());
  const parts = assemble(options, { adminToken, now });
  const listener = new Listener({ identity }, { handler: parts.handler });
  const port = await listener.listen(host, options.port ?? 0);
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const access = (token: string, namespace?: string) => ({
    url,
    ca: identity.ca,
    token,
    ...(namespace === undefined ? {} : { namespace }),
  });
  return {
    url,
    ca: identity.ca,
    adminToken,
    kubeconfig: kubeconfigOf(access(adminToken)),
    kubeconfigYaml: kubeconfigYaml(access(adminToken)),
    faults: parts.faults,
    store: parts.store,
    kubeconfigFor: (token, namespace) => kubeconfigYaml(access(token, namespace)),
    seed: (object) => {
      const resource = parts.registry.ofKind(object.apiVersion, object.kind);
      if (resource === undefined) throw new RangeError(`${object.apiVersion} ${object.kind} is not served`);
      return parts.writes.seed(resource, object);
    },
    compact: () => parts.store.compact(),
    outage: () => listener.close(),
    resume: async () => void (await listener.listen(host, port)),
    stop: () => listener.close(),
  };
}

function assemble(options: EmbeddedApiOptions, given: { readonly adminToken: string; readonly now: () => Date }) {
  const { now } = given;
  const store = new Store({ historyLimit: options.historyLimit ?? DEFAULTS.historyLimit });
  const registry = new ResourceRegistry();
  const allocations = new ServiceAllocations({
    serviceCidrs: options.serviceCidrs ?? DEFAULTS.serviceCidrs,
    nodePorts: options.nodePorts ?? DEFAULTS.nodePorts,
  });
  const hasAccount = (namespace: string, name: string): boolean =>
    store.collection('', 'serviceaccounts').get(keyOf(namespace, name)) !== undefined;
  for (const resource of builtInResources(allocations, hasAccount)) registry.add(resource);
  new CustomKinds({ registry, store, now: () => timestamp(now()) });
  const writes = new Writes({ store, now });
  bootstrap(registry, writes, allocations.firstAddress);
  new NamespaceLoop({ registry, writes }).start();
  const tokens = new ServiceAccountTokens({ issuer: DEFAULTS.issuer }, { store, now });
  const staticTokens = new Map([[given.adminToken, ADMIN], ...Object.entries(options.tokens ?? {})]);
  const faults = new Faults();
  const resources = new ResourceHandler(
    {
      defaultTimeoutSeconds: DEFAULTS.watchSeconds,
      bookmarkSeconds: options.bookmarkSeconds ?? DEFAULTS.bookmarkSeconds,
    },
    { store, writes, watchOpened: (watch, { request, user }) => faults.watchOpened(watch, request, user.name) },
  );
  const handler = new ApiHandler({
    registry,
    writes,
    authentication: new Authentication({ staticTokens }, { tokens }),
    tokens,
    rbac: new Rbac({ store }),
    faults,
    resources,
  });
  return { store, registry, writes, faults, handler };
}
