/** Who asks. @see Kubernetes API authentication/v1 UserInfo */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} };
export const ADMIN: User = {
  name: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
};

const PREFIX = 'authentication.kubernetes.io/';

/** What a token is bound to. */
export interface TokenBinding {
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid?: string };
}

/** The user of a ServiceAccount token. @see ServiceAccountTokenPodNodeInfo */
export function serviceAccountUser(
  account: { readonly namespace: string; readonly name: string; readonly uid: string },
  token: { readonly id: string; readonly binding: TokenBinding },
): User {
  const { pod, node } = token.binding;
  return {
    name: `system:serviceaccount:${account.namespace}:${account.name}`,
    uid: account.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
    extra: {
      [`${PREFIX}credential-id`]: [`JTI=${token.id}`],
      ...(node === undefined ? {} : { [`${PREFIX}node-name`]: [node.name] }),
      ...(node?.uid === undefined ? {} : { [`${PREFIX}node-uid`]: [node.uid] }),
      ...(pod === undefined ? {} : { [`${PREFIX}pod-name`]: [pod.name], [`${PREFIX}pod-uid`]: [pod.uid] }),
    },
  };
}
