import { request } from 'node:https';

/** An object as the Kubernetes API speaks it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface ApiAccess {
  /** `https://host:port` */
  readonly url: string;
  /** PEM */
  readonly ca: string;
  readonly token: string;
}

/** Plural resource name, and whether it lives in a namespace, for each kind that the lab writes. */
const RESOURCES: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  Namespace: ['namespaces', false],
  Node: ['nodes', false],
  Pod: ['pods', true],
  Service: ['services', true],
  ServiceAccount: ['serviceaccounts', true],
  ConfigMap: ['configmaps', true],
  Secret: ['secrets', true],
  EndpointSlice: ['endpointslices', true],
  Role: ['roles', true],
  RoleBinding: ['rolebindings', true],
  ClusterRole: ['clusterroles', false],
  ClusterRoleBinding: ['clusterrolebindings', false],
  CustomResourceDefinition: ['customresourcedefinitions', false],
  IPAddressPool: ['ipaddresspools', true],
  L2Advertisement: ['l2advertisements', true],
  BGPAdvertisement: ['bgpadvertisements', true],
  BGPPeer: ['bgppeers', true],
  BFDProfile: ['bfdprofiles', true],
};

/** As much of a Kubernetes client as the lab needs: what a user would do with kubectl. */
export class ApiClient {
  readonly #access: ApiAccess;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** Creates the object, or does nothing when it is there. */
  async create(object: KubernetesObject): Promise<void> {
    const { status, body } = await this.call('POST', collectionPath(object), object);
    if (status >= 300 && status !== 409) throw refused(`${object.kind} ${object.metadata.name}`, status, body);
  }

  async get(kind: string, name: string, namespace?: string): Promise<Record<string, unknown> | undefined> {
    const { status, body } = await this.call('GET', objectPath(kind, name, namespace));
    if (status === 404) return undefined;
    if (status >= 300) throw refused(`${kind} ${name}`, status, body);
    return body;
  }

  /** A token of a ServiceAccount, bound to a Pod and meant for an audience. @see Kubernetes API authentication.k8s.io/v1 TokenRequest */
  async token(
    account: { readonly name: string; readonly namespace: string },
    spec: Record<string, unknown>,
  ): Promise<string> {
    const path = `${objectPath('ServiceAccount', account.name, account.namespace)}/token`;
    const { status, body } = await this.call('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
    if (status >= 300) throw refused(`a token for ${account.name}`, status, body);
    return String((body.status as { token: string }).token);
  }

  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const { url, ca, token } = this.#access;
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      };
      const call = request(new URL(path, url), { method, ca, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
          });
        });
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function collectionPath(object: KubernetesObject): string {
  const [plural, namespaced] = resourceOf(object.kind);
  const group = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  return `${group}${namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : ''}/${plural}`;
}

function objectPath(kind: string, name: string, namespace?: string): string {
  const [plural, namespaced] = resourceOf(kind);
  return `/api/v1${namespaced ? `/namespaces/${namespace ?? 'default'}` : ''}/${plural}/${name}`;
}

function resourceOf(kind: string): readonly [string, boolean] {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`the lab does not write objects of kind ${kind}`);
  return resource;
}

function refused(what: string, status: number, body: Record<string, unknown>): Error {
  return new Error(`the API refused ${what}: ${status} ${String(body.message ?? '')}`);
}
