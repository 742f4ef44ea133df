import type { ConfigObject } from '../../src/ports/informer.ts';

/** What a test wants to say of an object; the rest is filled in. */
export interface ObjectTraits {
  readonly apiVersion?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly createdSecond?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: unknown;
}

/** An object of one of our kinds as the API would hand it out. */
export function configObject(kind: string, name: string, spec: unknown, traits: ObjectTraits = {}): ConfigObject {
  const { apiVersion = 'metallb.io/v1beta1', namespace = 'metallb-system', createdSecond = 0 } = traits;
  return {
    apiVersion,
    kind,
    meta: {
      namespace,
      name,
      uid: traits.uid ?? `${kind}-${namespace}-${name}`,
      resourceVersion: '1',
      generation: traits.generation ?? 1,
      labels: traits.labels ?? {},
      annotations: {},
      finalizers: [],
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, createdSecond)).toISOString().replace('.000', ''),
    },
    spec,
    status: traits.status,
  };
}

export function pool(name: string, addresses: readonly string[], traits: ObjectTraits = {}): ConfigObject {
  return configObject('IPAddressPool', name, { addresses }, traits);
}
