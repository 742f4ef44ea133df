import type { IpAddress } from '../net/index.ts';
import { type Claim, type SharingConflict, termsConflict } from './claim.ts';
import { SteadyMap } from './steady-map.ts';

/** Several claims on one address. Their terms agree, and no two have a port in common. */
interface Tenants {
  /** By holder. BOUNDED: by the ports that there are, since each holder has ports of its own. */
  readonly claims: Map<string, Claim>;
  /** Who has a port. BOUNDED: by 65,536 ports of each protocol. */
  readonly ports: Map<string, string>;
}

/** Who stands in the way of a claim, and why. */
export interface HolderConflict {
  readonly holder: string;
  readonly conflict: SharingConflict;
  /** It gives the address up as soon as its status does not promise it any more. */
  readonly leaving: boolean;
}

/** Who holds which address. Most addresses have one holder, so that one costs no more than its entry. */
export class Tenancies {
  /** BOUNDED: by the addresses that Services hold. */
  readonly #claims = new SteadyMap<IpAddress, Claim | Tenants>();

  has(address: IpAddress): boolean {
    return this.#claims.has(address);
  }

  /** True when at least two hold it. */
  isShared(address: IpAddress): boolean {
    const entry = this.#claims.get(address);
    return entry !== undefined && isShared(entry);
  }

  addresses(): Iterable<IpAddress> {
    return this.#claims.keys();
  }

  /** Every claim on an address. */
  claimsOn(address: IpAddress): Iterable<Claim> {
    const entry = this.#claims.get(address);
    if (entry === undefined) return [];
    return isShared(entry) ? entry.claims.values() : [entry];
  }

  /** The claim of a holder on an address. */
  get(address: IpAddress, holder: string): Claim | undefined {
    const entry = this.#claims.get(address);
    if (entry === undefined) return undefined;
    if (isShared(entry)) return entry.claims.get(holder);
    return entry.holder === holder ? entry : undefined;
  }

  /** Who else holds the address so that the claim cannot be put on it: a sole holder may always change its own terms. */
  conflict(address: IpAddress, claim: Claim): HolderConflict | undefined {
    const entry = this.#claims.get(address);
    if (entry === undefined) return undefined;
    if (isShared(entry)) return conflictAmong(entry, claim);
    if (entry.holder === claim.holder) return undefined;
    const terms = termsConflict(claim.sharing, entry.sharing);
    if (terms !== undefined) return inTheWay(entry, terms);
    const port = claim.ports.find((wanted) => entry.ports.includes(wanted));
    return port === undefined ? undefined : inTheWay(entry, { kind: 'port', port });
  }

  /** Puts a claim, or puts it in the place of the holder's earlier one. There must be no conflict. */
  put(address: IpAddress, claim: Claim): void {
    const entry = this.#claims.get(address);
    if (entry === undefined || (!isShared(entry) && entry.holder === claim.holder)) {
      this.#claims.set(address, claim);
      return;
    }
    const tenants = isShared(entry) ? entry : tenantsOf(entry);
    takePortsBack(tenants, tenants.claims.get(claim.holder));
    tenants.claims.set(claim.holder, claim);
    for (const port of claim.ports) tenants.ports.set(port, claim.holder);
    this.#claims.set(address, tenants);
  }

  remove(address: IpAddress, holder: string): void {
    const entry = this.#claims.get(address);
    if (entry === undefined) return;
    if (!isShared(entry)) {
      if (entry.holder === holder) this.#claims.delete(address);
      return;
    }
    takePortsBack(entry, entry.claims.get(holder));
    entry.claims.delete(holder);
    const [sole, second] = entry.claims.values();
    if (sole !== undefined && second === undefined) this.#claims.set(address, sole);
  }
}

function isShared(entry: Claim | Tenants): entry is Tenants {
  return 'claims' in entry;
}

function tenantsOf(claim: Claim): Tenants {
  return {
    claims: new Map([[claim.holder, claim]]),
    ports: new Map(claim.ports.map((port) => [port, claim.holder])),
  };
}

function takePortsBack(tenants: Tenants, claim: Claim | undefined): void {
  for (const port of claim?.ports ?? []) tenants.ports.delete(port);
}

function conflictAmong(tenants: Tenants, claim: Claim): HolderConflict | undefined {
  const [first, second] = tenants.claims.values();
  const other = first?.holder === claim.holder ? second : first;
  if (other === undefined) return undefined;
  const terms = termsConflict(claim.sharing, other.sharing);
  if (terms !== undefined) return inTheWay(other, terms);
  for (const port of claim.ports) {
    const holding = tenants.claims.get(tenants.ports.get(port) ?? claim.holder);
    if (holding !== undefined && holding.holder !== claim.holder) return inTheWay(holding, { kind: 'port', port });
  }
  return undefined;
}

function inTheWay({ holder, leaving }: Claim, conflict: SharingConflict): HolderConflict {
  return { holder, conflict, leaving: leaving === true };
}
