import { isObject, type Json, type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import { badRequest, fieldErrors, invalid } from '../status-error.ts';
import type { Authentication } from './authentication.ts';
import type { Attributes, Rbac } from './rbac.ts';
import type { User } from './user.ts';

/** The answer to a TokenReview. @see Kubernetes API authentication/v1 TokenReview */
export function reviewToken(body: Json | undefined, authentication: Authentication): JsonObject {
  const token = stringAt(body, 'spec', 'token') ?? '';
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const audiences = stringsAt(body, 'spec', 'audiences');
  const verified = authentication.review(token, audiences);
  const status: JsonObject =
    typeof verified === 'string'
      ? { user: {}, error: verified }
      : {
          authenticated: true,
          user: userInfo(verified.user),
          audiences: verified.audiences,
        };
  return { ...echo(body, 'TokenReview', 'authentication.k8s.io/v1'), status };
}

/** The answer to a SelfSubjectAccessReview, or to a SubjectAccessReview about any user. */
export function reviewAccess(body: Json | undefined, rbac: Rbac, self: User | undefined): JsonObject {
  const spec = objectAt(body, 'spec') ?? {};
  const user = self ?? {
    name: stringAt(spec, 'user') ?? '',
    groups: stringsAt(spec, 'groups'),
    extra: {},
  };
  const reason = rbac.reasonToAllow(user, attributesOf(spec));
  const status = reason === undefined ? { allowed: false } : { allowed: true, ...(reason === '' ? {} : { reason }) };
  const kind = self === undefined ? 'SubjectAccessReview' : 'SelfSubjectAccessReview';
  return { ...echo(body, kind, 'authorization.k8s.io/v1'), status };
}

function attributesOf(spec: JsonObject): Attributes {
  const path = objectAt(spec, 'nonResourceAttributes');
  if (path !== undefined) {
    return { kind: 'path', verb: stringAt(path, 'verb') ?? '', path: stringAt(path, 'path') ?? '' };
  }
  const asked = objectAt(spec, 'resourceAttributes');
  if (asked === undefined) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    const subject = { group: 'authorization.k8s.io', resource: '', kind: '' };
    throw invalid(subject, '', [fieldErrors.invalid('spec.resourceAttributes', undefined, why)]);
  }
  const text = (member: string): string => stringAt(asked, member) ?? '';
  const subresource = text('subresource');
  return {
    kind: 'resource',
    verb: text('verb'),
    group: text('group'),
    resource: subresource === '' ? text('resource') : `${text('resource')}/${subresource}`,
    namespace: text('namespace'),
    name: text('name'),
  };
}

function userInfo(user: User): JsonObject {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  };
}

function echo(body: Json | undefined, kind: string, apiVersion: string): JsonObject {
  const sent = isObject(body) ? body : {};
  return { kind, apiVersion, metadata: objectAt(sent, 'metadata') ?? {}, spec: sent.spec ?? {} };
}
