import { messageOf } from '../../ports/error-message.ts';
import type { Log } from '../../ports/log.ts';
import { NODE_LEASE_NAMESPACE } from '../../ports/pods.ts';
import type { AccessReviewer, Permission } from '../../ports/stores.ts';

/** The objects of our own that the controller keeps. */
export interface OwnObjects {
  readonly namespace: string;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly caSecret: string;
  readonly helloKeys: string;
  readonly caBundle: string;
  readonly endpointSlice: string;
  /** Not ours, but read: what --legacy-config names. */
  readonly legacyConfig?: { readonly namespace: string; readonly name: string };
}

const on = (group: string, resource: string, verbs: readonly string[], where: Partial<Permission> = {}): Permission[] =>
  verbs.map((verb) => ({ verb, group, resource, ...where }));

/** What the controller does with the API, for everything but its configuration's kinds, which may be not installed. */
export function controllerPermissions(own: OwnObjects): readonly Permission[] {
  const named = (group: string, resource: string, name: string, namespace = own.namespace): Permission[] => [
    ...on(group, resource, ['create'], { namespace }),
    ...on(group, resource, ['get', 'update'], { namespace, name }),
  ];
  return [
    ...['services', 'nodes', 'namespaces'].flatMap((resource) => on('', resource, ['list', 'watch'])),
    ...on('discovery.k8s.io', 'endpointslices', ['list', 'watch']),
    ...on('networking.k8s.io', 'servicecidrs', ['list', 'watch']),
    ...(own.legacyConfig === undefined ? [] : on('', 'configmaps', ['list', 'watch'], own.legacyConfig)),
    ...on('', 'services/status', ['patch']),
    ...on('', 'events', ['create', 'patch']),
    ...on('authentication.k8s.io', 'tokenreviews', ['create']),
    ...named('coordination.k8s.io', 'leases', own.lease.name, own.lease.namespace),
    ...named('', 'secrets', own.caSecret),
    ...on('', 'secrets', ['get', 'update'], { namespace: own.namespace, name: own.helloKeys }),
    ...named('', 'configmaps', own.caBundle),
    ...named('discovery.k8s.io', 'endpointslices', own.endpointSlice),
  ];
}

/** What `--retire-endpoints` takes beside that. */
export function retirementPermissions(): readonly Permission[] {
  return [
    ...on('', 'pods', ['list']),
    ...on('', 'pods/status', ['patch']),
    ...on('coordination.k8s.io', 'leases', ['list', 'watch'], { namespace: NODE_LEASE_NAMESPACE }),
  ];
}

/** For people: `patch services/status`, with where and which. */
export function describePermission({ verb, group, resource, namespace, name }: Permission): string {
  const [plural, subresource] = resource.split('/');
  const full = `${plural ?? ''}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return [verb, full, name, namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`]
    .filter((part) => part !== undefined)
    .join(' ');
}

/**
 * Asks for each permission whether we have it and logs one line for each that we lack. What is missing shows itself later
 * too, but then as a Service without an address. Never rejects: an API server that cannot say is not in the way.
 */
export async function logMissingPermissions(
  permissions: readonly Permission[],
  dependencies: {
    readonly reviewer: AccessReviewer;
    readonly log: Log;
    /** Which of our manifests grants them. */
    readonly grantedBy: string;
  },
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const { reviewer, log, grantedBy } = dependencies;
  const missing = await Promise.all(
    permissions.map(async (permission) => {
      try {
        return (await reviewer.allowed(permission, signal)) ? [] : [permission];
      } catch (error) {
        if (!signal.aborted) {
          log.debug('permission-unknown', {
            permission: describePermission(permission),
            error: messageOf(error),
          });
        }
        return [];
      }
    }),
  );
  for (const permission of missing.flat()) {
    log.error('permission-missing', {
      permission: describePermission(permission),
      remedy: `grant it to the ServiceAccount of the controller: see ${grantedBy}`,
    });
  }
  return missing.flat();
}
