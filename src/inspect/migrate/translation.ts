type ConfigKind = 'IPAddressPool' | 'L2Advertisement' | 'BGPPeer' | 'BGPAdvertisement' | 'BFDProfile' | 'Community';

/** An object of ours to be applied. */
export interface PlannedObject {
  readonly apiVersion: 'heraldlb.io/v1';
  readonly kind: ConfigKind;
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What the configuration of another load balancer is in our words. */
export interface Translation {
  readonly objects: readonly PlannedObject[];
  /** What has no counterpart, a sentence for each: what it was, and what to do. */
  readonly notes: readonly string[];
}

export function pool(namespace: string, name: string, spec: PlannedObject['spec']): PlannedObject {
  return planned('IPAddressPool', { namespace, name }, spec);
}

export function layer2(namespace: string, name: string, spec: PlannedObject['spec']): PlannedObject {
  return planned('L2Advertisement', { namespace, name }, spec);
}

export function bgpAdvertisement(namespace: string, name: string, spec: PlannedObject['spec']): PlannedObject {
  return planned('BGPAdvertisement', { namespace, name }, spec);
}

export function planned(
  kind: ConfigKind,
  { namespace, name }: PlannedObject['metadata'],
  spec: PlannedObject['spec'],
): PlannedObject {
  return { apiVersion: 'heraldlb.io/v1', kind, metadata: { namespace, name: objectName(name) }, spec };
}

/** `text` as the name of an object may be. @see RFC 1123 */
export function objectName(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 63) || 'pool'
  );
}

/** Texts of a comma list, blanks left out. */
export function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The member of a value that may be anything. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function members(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
