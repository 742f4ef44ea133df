/** What a Service's claim to an address must agree on with the others that hold it. @see metallb.io/allow-shared-ip */
export interface Sharing {
  /** The sharing key that people chose; never empty. */
  readonly key: string;
  /** Within which namespaces the key is meant; empty for all. Two claims share only within the same scope. */
  readonly scope: string;
  /** Which pods get the traffic, where that decides who may announce the address; empty when every node may. */
  readonly backend: string;
}

/** On which terms a Service holds its addresses. */
export interface Claim {
  /** The Service: `namespace/name`. */
  readonly holder: string;
  /** Absent: the addresses are its own. */
  readonly sharing?: Sharing;
  /** Protocol and port, as in `TCP/80`. Looked at only when the address is shared. */
  readonly ports: readonly string[];
  /** The Service has its next address already and holds this one only as long as its status promises it. */
  readonly leaving?: true;
}

/** Why two claims cannot hold one address. */
export type SharingConflict =
  /** Neither has a sharing key. */
  | { readonly kind: 'exclusive' }
  /** Only the one who asks has a sharing key. */
  | { readonly kind: 'holder-has-no-key' }
  /** Only the holder has a sharing key. */
  | { readonly kind: 'no-key'; readonly holderKey: string }
  | { readonly kind: 'other-key'; readonly key: string; readonly holderKey: string }
  /** The same key, which however is meant for certain namespaces. */
  | { readonly kind: 'other-scope'; readonly key: string }
  /** externalTrafficPolicy differs, or is Local for both and their selectors differ. */
  | { readonly kind: 'other-backend'; readonly key: string }
  | { readonly kind: 'port'; readonly port: string };

/** Why the terms of two claims forbid to share, whatever their ports; undefined when they do not. */
export function termsConflict(asking: Sharing | undefined, holding: Sharing | undefined): SharingConflict | undefined {
  if (asking === undefined) {
    return holding === undefined ? { kind: 'exclusive' } : { kind: 'no-key', holderKey: holding.key };
  }
  if (holding === undefined) return { kind: 'holder-has-no-key' };
  if (asking.key !== holding.key) return { kind: 'other-key', key: asking.key, holderKey: holding.key };
  if (asking.scope !== holding.scope) return { kind: 'other-scope', key: asking.key };
  if (asking.backend !== holding.backend) return { kind: 'other-backend', key: asking.key };
  return undefined;
}

/** Equal for claims whose terms allow to share one address. */
export function sharingGroup(sharing: Sharing): string {
  return JSON.stringify([sharing.key, sharing.scope, sharing.backend]);
}

/** True when both are the same terms of the same Service. */
export function sameClaim(a: Claim, b: Claim): boolean {
  return (
    a.holder === b.holder &&
    a.leaving === b.leaving &&
    a.sharing?.key === b.sharing?.key &&
    a.sharing?.scope === b.sharing?.scope &&
    a.sharing?.backend === b.sharing?.backend &&
    a.ports.length === b.ports.length &&
    a.ports.every((port, at) => port === b.ports[at])
  );
}
