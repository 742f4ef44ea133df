import { isObject, type Json, numberAt, objectAt, stringAt } from '../json.ts';
import { fieldErrors, invalid } from '../status-error.ts';
import type { DeleteOptions } from '../writes.ts';

const POLICIES = ['Foreground', 'Background', 'Orphan', 'nil'];

function checkPolicy(policy: string): void {
  if (policy === '' || POLICIES.includes(policy)) return;
  const subject = { group: 'meta.k8s.io', resource: 'DeleteOptions', kind: 'DeleteOptions' };
  throw invalid(subject, '', [fieldErrors.notSupported('propagationPolicy', policy, POLICIES)]);
}

/** How to delete, from the query and the body. @throws StatusError 422 */
export function deleteOptions(query: URLSearchParams, body: Json): DeleteOptions {
  const policy = stringAt(body, 'propagationPolicy') ?? query.get('propagationPolicy') ?? '';
  checkPolicy(policy);
  const preconditions = objectAt(body, 'preconditions') ?? {};
  const uid = stringAt(preconditions, 'uid');
  const resourceVersion = stringAt(preconditions, 'resourceVersion');
  const asked = query.get('gracePeriodSeconds');
  const gracePeriodSeconds = numberAt(body, 'gracePeriodSeconds') ?? (asked === null ? undefined : Number(asked));
  const addFinalizer = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }[policy];
  return {
    dryRun: query.get('dryRun') === 'All' || (isObject(body) && Array.isArray(body.dryRun)),
    preconditions: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(addFinalizer === undefined ? {} : { addFinalizer }),
  };
}
