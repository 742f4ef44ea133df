import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every architecture that Node runs on. @see proc(5) */
const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1024;

/** What the kernel says of a process's memory, in MiB. */
export interface MemoryFigures {
  readonly rssMiB: number;
  /** Its own pages: what rss is without the files that it shares. */
  readonly anonMiB: number;
  /** The largest rss since the start. */
  readonly peakMiB: number;
}

/** @see proc(5) /proc/pid/status */
export function memoryOf(pid: number): MemoryFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string): number => {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kib === undefined) throw new Error(`process ${pid} has no ${field}`);
    return rounded(Number(kib) / KIB_PER_MIB, 1);
  };
  return { rssMiB: mib('VmRSS'), anonMiB: mib('RssAnon'), peakMiB: mib('VmHWM') };
}

/** User and system time of all threads since the start, in seconds. @see proc(5) /proc/pid/stat */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in parentheses, which may hold blanks: what follows it starts with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The process of a program. @param comm the first 15 characters of its name @throws Error when there is none */
export function pidOf(comm: string): number {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (commOf(pid) === comm) return Number(pid);
  }
  throw new Error(`no process is called ${comm}`);
}

function commOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    // It ended between the listing and now.
    return '';
  }
}

/** Waits until a process has rested: less than a fiftieth of a processor over a second. @returns its processor time then */
export async function rested(pid: number, withinMs = 60_000): Promise<number> {
  let before = cpuSecondsOf(pid);
  for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const now = cpuSecondsOf(pid);
    if (now - before <= 0.02) return now;
    before = now;
  }
  return before;
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The value below which this share of them is. @param share from 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
