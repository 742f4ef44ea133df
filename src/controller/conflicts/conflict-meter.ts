import { formatIp, formatMac, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { ConflictBook } from './conflict-book.ts';
import { CONFLICT_INFO, CONFLICTS, CONFLICTS_SEEN, SURVEYED } from './metrics.ts';
import { vendorPrefix } from './station.ts';

const VENDORS_MAX = 32;
const SERIES_MAX = 100;
const SEEN = ['answer', 'announcement', 'survey'] as const;

/** The metrics of address conflicts, bounded whatever hosts do. */
export class ConflictMeter {
  readonly #now;
  readonly #began;
  readonly #info;
  readonly #surveyed;
  /** BOUNDED: by VENDORS_MAX. */
  readonly #vendors = new Set<string>();
  /** What was set to 1 or 0, by its labels. BOUNDED: by SERIES_MAX. */
  readonly #series = new Set<string>();
  /** BOUNDED: by the addresses in conflict. */
  readonly #labels = new Map<IpAddress, Readonly<Record<'address' | 'mac' | 'vendor' | 'seen', string>>>();

  constructor(metrics: Metrics) {
    this.#now = metrics.gauge(CONFLICTS);
    this.#began = metrics.counter(CONFLICTS_SEEN);
    this.#info = metrics.gauge(CONFLICT_INFO);
    this.#surveyed = metrics.counter(SURVEYED);
  }

  began(seen: string, mac: MacAddress, address?: IpAddress): void {
    const vendor = vendorPrefix(mac);
    if (this.#vendors.size < VENDORS_MAX) this.#vendors.add(vendor);
    this.#began.add({ seen, vendor: this.#vendors.has(vendor) ? vendor : 'other' });
    if (address === undefined) return;
    this.ended(address);
    const labels = { address: formatIp(address), mac: formatMac(mac), vendor, seen };
    const series = Object.values(labels).join();
    if (this.#series.size < SERIES_MAX) this.#series.add(series);
    if (!this.#series.has(series)) return;
    this.#labels.set(address, labels);
    this.#info.set(labels, 1);
  }

  ended(address: IpAddress): void {
    const labels = this.#labels.get(address);
    if (labels === undefined) return;
    this.#labels.delete(address);
    this.#info.set(labels, 0);
  }

  surveyed(result: 'free' | 'in-use' | 'unasked'): void {
    this.#surveyed.add({ result });
  }

  count(book: ConflictBook): void {
    const counts = { answer: 0, announcement: 0, survey: 0 };
    for (const address of book.addresses()) {
      const conflict = book.of(address);
      if (conflict !== undefined) counts[conflict.seen] += 1;
    }
    for (const seen of SEEN) this.#now.set({ seen }, counts[seen]);
  }
}
