import { type AddressRange, compareIp, familyOf, type IpAddress, type IpFamily, rangesOverlap } from '../net/index.ts';

/** Ranges of which no two share an address, each with its owner. */
export class TakenRanges<Owner> {
  /** Lowest first. BOUNDED: by the ranges of the pools in force. */
  readonly #byFamily: Readonly<Record<IpFamily, { readonly range: AddressRange; readonly owner: Owner }[]>> = {
    IPv4: [],
    IPv6: [],
  };

  /** The ranges that share an address with this one, lowest first. */
  overlapping(range: AddressRange): readonly { readonly range: AddressRange; readonly owner: Owner }[] {
    const sorted = this.#byFamily[familyOf(range.first)];
    const from = Math.max(0, this.#firstAfter(range.first) - 1);
    return sorted.slice(from, this.#firstAfter(range.last)).filter((taken) => rangesOverlap(taken.range, range));
  }

  /** The range must overlap none that is there. */
  add(range: AddressRange, owner: Owner): void {
    this.#byFamily[familyOf(range.first)].splice(this.#firstAfter(range.first), 0, { range, owner });
  }

  /** Index of the first range that begins after an address. */
  #firstAfter(address: IpAddress): number {
    const sorted = this.#byFamily[familyOf(address)];
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = sorted[middle];
      if (candidate !== undefined && compareIp(candidate.range.first, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
