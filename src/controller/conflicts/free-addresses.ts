import type { IpAddress } from '../../core/net/index.ts';
import type { Clock } from '../../ports/time.ts';

export interface FreeAddressesOptions {
  /** For so long it is believed that an address is free which a survey found to be, in ms. */
  readonly knownFreeForMs: number;
}

interface Finding {
  readonly atMs: number;
  /** It was announced already when the LAN was asked. */
  readonly announced: boolean;
}

/** Addresses that nobody else had when the LAN was asked lately. */
export class FreeAddresses {
  readonly #options: FreeAddressesOptions;
  readonly #clock: Clock;
  /** Oldest first. BOUNDED: by the surveys of `knownFreeForMs`. */
  readonly #findings = new Map<IpAddress, Finding>();

  constructor(options: FreeAddressesOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  has(address: IpAddress): boolean {
    const finding = this.#findings.get(address);
    return finding !== undefined && this.#isRecent(finding);
  }

  note(address: IpAddress, { announced }: Pick<Finding, 'announced'>): void {
    this.#findings.delete(address);
    this.#findings.set(address, { atMs: this.#clock.nowMs(), announced });
    for (const [oldest, finding] of this.#findings) {
      if (this.#isRecent(finding)) return;
      this.#findings.delete(oldest);
    }
  }

  /** Somebody has it. */
  forget(address: IpAddress): void {
    this.#findings.delete(address);
  }

  /** Those about which nobody has asked since they may have been announced. */
  *unconfirmed(): Iterable<IpAddress> {
    for (const [address, finding] of this.#findings) if (!finding.announced && this.#isRecent(finding)) yield address;
  }

  #isRecent({ atMs }: Finding): boolean {
    return this.#clock.nowMs() - atMs < this.#options.knownFreeForMs;
  }
}
