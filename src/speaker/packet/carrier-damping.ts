import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';

/** So many returns of the carrier within the window are believed at once. */
const FREE_RETURNS = 3;
const WINDOW_MS = 10_000;
/** After more of them, the carrier has to stay for this long. */
const STEADY_MS = 2000;

interface Carrier {
  readonly running: boolean;
  /** BOUNDED: FREE_RETURNS + 1. */
  readonly returnedAtMs: readonly number[];
  /** Until then it is taken for away. */
  readonly distrustedUntilMs: number;
}

const NEW: Carrier = { running: false, returnedAtMs: [], distrustedUntilMs: Number.NEGATIVE_INFINITY };

/**
 * Takes an interface for down while its carrier comes and goes: every return would cost a burst of announcements and a change
 * of ownership for each address. That it goes is believed at once.
 */
export class CarrierDamping {
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  readonly #steadied: () => void;
  /** By index. BOUNDED: by the interfaces of the node. */
  #carriers = new Map<number, Carrier>();
  #timer: Timer | undefined;

  /** @param steadied called when an interface that was distrusted may be trusted again */
  constructor(time: { readonly clock: Clock; readonly timers: Timers }, steadied: () => void) {
    this.#time = time;
    this.#steadied = steadied;
  }

  /** The interfaces as they are to be taken now. */
  damp(interfaces: readonly NetworkInterface[]): NetworkInterface[] {
    const nowMs = this.#time.clock.nowMs();
    const before = this.#carriers;
    this.#carriers = new Map(
      interfaces.map(({ index, running }) => [index, following(before.get(index), running, nowMs)]),
    );
    const distrusted = [...this.#carriers.values()].filter(
      ({ running, distrustedUntilMs }) => running && distrustedUntilMs > nowMs,
    );
    this.#wakeAt(Math.min(...distrusted.map(({ distrustedUntilMs }) => distrustedUntilMs)), nowMs);
    return interfaces.map((link) => {
      const untilMs = this.#carriers.get(link.index)?.distrustedUntilMs ?? nowMs;
      return link.running && untilMs > nowMs ? { ...link, running: false } : link;
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #wakeAt(atMs: number, nowMs: number): void {
    this.#timer?.cancel();
    if (Number.isFinite(atMs)) this.#timer = this.#time.timers.start(atMs - nowMs, this.#steadied);
  }
}

/** The first sight of an interface is no return. */
function following(before: Carrier | undefined, running: boolean, nowMs: number): Carrier {
  if (before === undefined) return { ...NEW, running };
  if (!running || before.running) return { ...before, running };
  const returnedAtMs = [...before.returnedAtMs.filter((atMs) => atMs > nowMs - WINDOW_MS), nowMs].slice(
    -FREE_RETURNS - 1,
  );
  const distrustedUntilMs = returnedAtMs.length > FREE_RETURNS ? nowMs + STEADY_MS : before.distrustedUntilMs;
  return { running, returnedAtMs, distrustedUntilMs };
}
