import type { Origin } from './origin.ts';

/** An object of one of our kinds as the API has it; nothing below `spec` and `status` is checked yet. */
export interface SourceObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly meta: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly labels: Readonly<Record<string, string>>;
    /** RFC 3339, whole seconds. */
    readonly creationTimestamp: string;
  };
  readonly spec: unknown;
  readonly status: unknown;
}

export function originOf(object: SourceObject): Origin {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.meta.namespace,
    name: object.meta.name,
  };
}

/** How messages name an object: `IPAddressPool metallb-system/first`, or `--pool 10.0.0.0/24` for a flag. */
export function describeOrigin(origin: Origin): string {
  return origin.namespace === ''
    ? `${origin.kind} ${origin.name}`
    : `${origin.kind} ${origin.namespace}/${origin.name}`;
}
