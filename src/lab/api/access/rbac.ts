import { arrayAt, isObject, type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from '../kube-object.ts';
import type { Store } from '../store/store.ts';
import type { User } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** What is asked for. @see Kubernetes API authorization/v1 ResourceAttributes, NonResourceAttributes */
export type Attributes =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly group: string;
      /** With its subresource: `services/status`. */
      readonly resource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

/** Role-based access control over the stored Roles and bindings. @see Kubernetes "Using RBAC Authorization" */
export class Rbac {
  readonly #store: Store;

  constructor(dependencies: { readonly store: Store }) {
    this.#store = dependencies.store;
  }

  allows(user: User, asked: Attributes): boolean {
    return this.reasonToAllow(user, asked) !== undefined;
  }

  /** Which binding allows it, in the words of the real server; undefined when none does. */
  reasonToAllow(user: User, asked: Attributes): string | undefined {
    if (user.groups.includes('system:masters')) return '';
    for (const binding of this.#store.collection(GROUP, 'clusterrolebindings').list('')) {
      const subject = this.#subjectOf(binding, user, asked);
      if (subject !== undefined) return `RBAC: allowed by ClusterRoleBinding "${nameOf(binding)}" of ${subject}`;
    }
    if (asked.kind === 'path' || asked.namespace === '') return undefined;
    for (const binding of this.#store.collection(GROUP, 'rolebindings').list(asked.namespace)) {
      const subject = this.#subjectOf(binding, user, asked);
      const name = `"${nameOf(binding)}/${asked.namespace}"`;
      if (subject !== undefined) return `RBAC: allowed by RoleBinding ${name} of ${subject}`;
    }
    return undefined;
  }

  /** The role and the subject by which a binding allows it. */
  #subjectOf(binding: KubeObject, user: User, asked: Attributes): string | undefined {
    const subject = arrayAt(binding, 'subjects')
      .filter(isObject)
      .find((candidate) => isSubject(candidate, binding, user));
    if (subject === undefined) return undefined;
    const reference = objectAt(binding, 'roleRef') ?? {};
    const name = stringAt(reference, 'name') ?? '';
    const kind = stringAt(reference, 'kind') ?? '';
    const role =
      kind === 'Role'
        ? this.#store.collection(GROUP, 'roles').get(keyOf(namespaceOf(binding), name))
        : this.#store.collection(GROUP, 'clusterroles').get(name);
    if (!arrayAt(role, 'rules').some((rule) => isObject(rule) && ruleAllows(rule, asked))) return undefined;
    const named =
      stringAt(subject, 'kind') === 'ServiceAccount'
        ? `${stringAt(subject, 'name') ?? ''}/${stringAt(subject, 'namespace') ?? ''}`
        : (stringAt(subject, 'name') ?? '');
    return `${kind} "${name}" to ${stringAt(subject, 'kind') ?? ''} "${named}"`;
  }
}

function isSubject(subject: JsonObject, binding: KubeObject, user: User): boolean {
  const name = stringAt(subject, 'name') ?? '';
  switch (stringAt(subject, 'kind')) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const namespace = stringAt(subject, 'namespace') ?? namespaceOf(binding);
      return user.name === `system:serviceaccount:${namespace}:${name}`;
    }
    default:
      return false;
  }
}

function ruleAllows(rule: JsonObject, asked: Attributes): boolean {
  if (!covers(stringsAt(rule, 'verbs'), asked.verb)) return false;
  if (asked.kind === 'path') {
    return stringsAt(rule, 'nonResourceURLs').some((pattern) =>
      pattern.endsWith('*') ? asked.path.startsWith(pattern.slice(0, -1)) : asked.path === pattern,
    );
  }
  const resources = stringsAt(rule, 'resources');
  const subresource = asked.resource.split('/')[1];
  const names = stringsAt(rule, 'resourceNames');
  return (
    covers(stringsAt(rule, 'apiGroups'), asked.group) &&
    (covers(resources, asked.resource) || (subresource !== undefined && resources.includes(`*/${subresource}`))) &&
    (names.length === 0 || names.includes(asked.name))
  );
}

function covers(listed: readonly string[], wanted: string): boolean {
  return listed.includes('*') || listed.includes(wanted);
}

/** How a refusal names what was asked for, in the words of the real server. */
export function refusalOf(user: User, asked: Attributes): string {
  if (asked.kind === 'path') return `User "${user.name}" cannot ${asked.verb} path "${asked.path}"`;
  const where = asked.namespace === '' ? 'at the cluster scope' : `in the namespace "${asked.namespace}"`;
  return `User "${user.name}" cannot ${asked.verb} resource "${asked.resource}" in API group "${asked.group}" ${where}`;
}
