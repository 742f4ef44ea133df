import { formatIp, formatMac, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Conflict } from './conflict.ts';
import { CONFLICT_INFO, CONFLICTS, CONFLICTS_SEEN, SURVEYED } from './metrics.ts';
import { vendorPrefix } from './station.ts';

const SEEN: readonly Conflict['seen'][] = ['answer', 'announcement', 'survey'];
const VENDORS_MAX = 32;
const SERIES_MAX = 100;

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
  /** BOUNDED: by the members of Sighting['seen']. */
  readonly #counts = new Map<string, number>();

  constructor(metrics: Metrics) {
    this.#now = metrics.gauge(CONFLICTS);
    this.#began = metrics.counter(CONFLICTS_SEEN);
    this.#info = metrics.gauge(CONFLICT_INFO);
    this.#surveyed = metrics.counter(SURVEYED);
    for (const seen of SEEN) this.#now.set({ seen }, 0);
  }

  began(seen: string, mac: MacAddress, address?: IpAddress): void {
    const vendor = vendorPrefix(mac);
    if (this.#vendors.size < VENDORS_MAX) this.#vendors.add(vendor);
    this.#began.add({ seen, vendor: this.#vendors.has(vendor) ? vendor : 'other' });
    if (address === undefined) return;
    this.ended(address);
    const labels = { address: formatIp(address), mac: formatMac(mac), vendor, seen };
    this.#labels.set(address, labels);
    this.#count(seen, 1);
    const series = Object.values(labels).join();
    if (this.#series.size < SERIES_MAX) this.#series.add(series);
    if (this.#series.has(series)) this.#info.set(labels, 1);
  }

  ended(address: IpAddress): void {
    const labels = this.#labels.get(address);
    if (labels === undefined) return;
    this.#labels.delete(address);
    this.#count(labels.seen, -1);
    if (this.#series.has(Object.values(labels).join())) this.#info.set(labels, 0);
  }

  surveyed(result: 'free' | 'in-use' | 'unasked'): void {
    this.#surveyed.add({ result });
  }

  #count(seen: string, by: 1 | -1): void {
    const count = (this.#counts.get(seen) ?? 0) + by;
    this.#counts.set(seen, count);
    this.#now.set({ seen }, count);
  }
}
