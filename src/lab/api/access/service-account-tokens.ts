import { randomUUID } from 'node:crypto';
import { isObject, type Json, type JsonObject, numberAt, objectAt, stringAt, stringsAt } from '../json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../kube-object.ts';
import { badRequest, conflict, fieldErrors, invalid, notFound } from '../status-error.ts';
import type { Store } from '../store/store.ts';
import { timestamp } from '../writes.ts';
import { TokenSigner } from './jwt.ts';
import { serviceAccountUser, type TokenBinding, type User } from './user.ts';

export interface ServiceAccountTokenOptions {
  /** The `iss` of tokens, and the audience of tokens that ask for none. */
  readonly issuer: string;
  readonly signingKey?: string;
}

/** A token that was found good. `audiences`: those that both the token and the verifier name. */
export interface VerifiedToken {
  readonly user: User;
  readonly audiences: readonly string[];
}

const TOKEN_REQUEST = { group: 'authentication.k8s.io', resource: 'tokenrequests', kind: 'TokenRequest' };
const SHORTEST_SECONDS = 600;
const LONGEST_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3600;

/** Issues and checks ServiceAccount tokens. @see Kubernetes API authentication/v1 TokenRequest */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly #signer: TokenSigner;
  readonly #store: Store;
  readonly #now: () => Date;

  constructor(options: ServiceAccountTokenOptions, dependencies: { readonly store: Store; readonly now: () => Date }) {
    this.issuer = options.issuer;
    this.#signer = new TokenSigner(options.signingKey);
    this.#store = dependencies.store;
    this.#now = dependencies.now;
  }

  get jwks(): JsonObject {
    return this.#signer.jwks;
  }

  /** The answer to a TokenRequest. @throws StatusError 400, 404, 409, 422 */
  request(account: KubeObject, body: Json | undefined): JsonObject {
    const spec = objectAt(body, 'spec') ?? {};
    const seconds = numberAt(spec, 'expirationSeconds') ?? DEFAULT_SECONDS;
    if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) {
      const why =
        seconds < SHORTEST_SECONDS
          ? 'may not specify a duration less than 10 minutes'
          : 'may not specify a duration larger than 2^32 seconds';
      throw invalid(TOKEN_REQUEST, '', [fieldErrors.invalid('spec.expirationSeconds', seconds, why)]);
    }
    const asked = stringsAt(spec, 'audiences');
    const audiences = asked.length > 0 ? asked : [this.issuer];
    const reference = objectAt(spec, 'boundObjectRef');
    const binding = reference === undefined ? {} : this.#binding(reference, account);
    const issuedAt = Math.floor(this.#now().getTime() / 1000);
    const token = this.#signer.sign({
      aud: audiences,
      exp: issuedAt + seconds,
      iat: issuedAt,
      iss: this.issuer,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: namespaceOf(account),
        ...claimsOf(binding),
        serviceaccount: { name: nameOf(account), uid: account.metadata.uid ?? '' },
      },
      nbf: issuedAt,
      sub: `system:serviceaccount:${namespaceOf(account)}:${nameOf(account)}`,
    });
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {
        name: nameOf(account),
        namespace: namespaceOf(account),
        uid: account.metadata.uid,
        creationTimestamp: timestamp(this.#now()),
      },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: reference ?? null },
      status: { token, expirationTimestamp: timestamp(new Date((issuedAt + seconds) * 1000)) },
    };
  }

  /** The user of a token that is good for one of the audiences now; a text says why it is not; undefined: not ours. */
  verify(token: string, audiences: readonly string[]): VerifiedToken | string | undefined {
    const claims = this.#signer.verify(token);
    if (claims === undefined || stringAt(claims, 'iss') !== this.issuer) return undefined;
    const seconds = this.#now().getTime() / 1000;
    if (seconds >= (numberAt(claims, 'exp') ?? 0)) return 'service account token has expired';
    if (seconds + 1 < (numberAt(claims, 'nbf') ?? 0)) return 'service account token is not valid yet';
    const named = stringsAt(claims, 'aud');
    const common = named.filter((audience) => audiences.includes(audience));
    if (common.length === 0) {
      return `token audiences ${quoted(named)} is invalid for the target audiences ${quoted(audiences)}`;
    }
    const about = objectAt(claims, 'kubernetes.io') ?? {};
    const namespace = stringAt(about, 'namespace') ?? '';
    const name = stringAt(about, 'serviceaccount', 'name') ?? '';
    const uid = stringAt(about, 'serviceaccount', 'uid') ?? '';
    const account = this.#store.collection('', 'serviceaccounts').get(keyOf(namespace, name));
    if (account === undefined) return `serviceaccounts "${name}" not found`;
    if (account.metadata.uid !== uid) return 'service account UID does not match claim';
    const binding = bindingOf(about);
    const loose = this.#looseEnd(binding, namespace);
    if (loose !== undefined) return loose;
    const id = stringAt(claims, 'jti') ?? '';
    return { user: serviceAccountUser({ namespace, name, uid }, { id, binding }), audiences: common };
  }

  /** Why the binding holds no more: what a token is bound to must exist and be the same one. */
  #looseEnd(binding: TokenBinding, namespace: string): string | undefined {
    const { pod, node } = binding;
    if (pod !== undefined) {
      const found = this.#store.collection('', 'pods').get(keyOf(namespace, pod.name));
      if (found === undefined) return `pods "${pod.name}" not found`;
      if (found.metadata.uid !== pod.uid) return 'pod UID does not match claim';
      return undefined;
    }
    if (node === undefined) return undefined;
    const found = this.#store.collection('', 'nodes').get(node.name);
    if (found === undefined) return `nodes "${node.name}" not found`;
    return found.metadata.uid === node.uid ? undefined : 'node UID does not match claim';
  }

  #binding(reference: JsonObject, account: KubeObject): TokenBinding {
    const kind = stringAt(reference, 'kind') ?? '';
    const name = stringAt(reference, 'name') ?? '';
    const resource = { Pod: 'pods', Node: 'nodes' }[kind];
    if (resource === undefined)
      throw badRequest(`cannot bind token to object of type /${stringAt(reference, 'apiVersion') ?? ''}, Kind=${kind}`);
    const namespace = kind === 'Pod' ? namespaceOf(account) : '';
    const found = this.#store.collection('', resource).get(keyOf(namespace, name));
    if (found === undefined) throw notFound({ group: '', resource, kind }, name);
    const uid = found.metadata.uid ?? '';
    const asked = stringAt(reference, 'uid') ?? '';
    if (asked !== '' && asked !== uid) {
      const why = `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`;
      throw conflict({ group: '', resource: kind, kind }, name, why);
    }
    if (kind === 'Node') return { node: { name, uid } };
    const runsAs = stringAt(found, 'spec', 'serviceAccountName') ?? '';
    if (runsAs !== nameOf(account)) {
      throw badRequest(
        `cannot bind token for serviceaccount "${nameOf(account)}" to pod running with different serviceaccount name.`,
      );
    }
    const nodeName = stringAt(found, 'spec', 'nodeName');
    if (nodeName === undefined) return { pod: { name, uid } };
    const nodeUid = this.#store.collection('', 'nodes').get(nodeName)?.metadata.uid;
    return { pod: { name, uid }, node: { name: nodeName, ...(nodeUid === undefined ? {} : { uid: nodeUid }) } };
  }
}

function claimsOf(binding: TokenBinding): JsonObject {
  return {
    ...(binding.node === undefined ? {} : { node: { name: binding.node.name, uid: binding.node.uid } }),
    ...(binding.pod === undefined ? {} : { pod: { name: binding.pod.name, uid: binding.pod.uid } }),
  };
}

function bindingOf(about: JsonObject): TokenBinding {
  const pod = namedClaim(about.pod);
  const node = namedClaim(about.node);
  return {
    ...(pod?.uid === undefined ? {} : { pod: { name: pod.name, uid: pod.uid } }),
    ...(node === undefined ? {} : { node }),
  };
}

function namedClaim(claim: Json | undefined): { readonly name: string; readonly uid?: string } | undefined {
  const name = stringAt(claim, 'name');
  if (!isObject(claim) || name === undefined) return undefined;
  const uid = stringAt(claim, 'uid');
  return { name, ...(uid === undefined ? {} : { uid }) };
}

function quoted(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}
