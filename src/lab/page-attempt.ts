/** One try of the lab's client to fetch a page: one line of JSON that it prints. Times are Unix milliseconds. */
export interface PageAttempt {
  readonly url: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The node that served the page; absent when none came. */
  readonly node?: string;
}

/** The longest time in which no page came, between two pages that did. */
export interface Outage {
  readonly lastPageAtMs: number;
  readonly firstPageAtMs: number;
}

/** The longest gap between the ends of two successive successes; undefined before there are two. */
export function longestOutage(attempts: readonly PageAttempt[]): Outage | undefined {
  const ends = attempts.filter((attempt) => attempt.node !== undefined).map((attempt) => attempt.endedAtMs);
  ends.sort((a, b) => a - b);
  let longest: Outage | undefined;
  for (const [index, firstPageAtMs] of ends.entries()) {
    const lastPageAtMs = ends[index - 1];
    if (lastPageAtMs === undefined) continue;
    if (longest === undefined || firstPageAtMs - lastPageAtMs > longest.firstPageAtMs - longest.lastPageAtMs) {
      longest = { lastPageAtMs, firstPageAtMs };
    }
  }
  return longest;
}
