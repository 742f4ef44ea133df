import { readFileSync } from 'node:fs';
import type { Libc } from './libc.ts';

/** @see madvise(2) */
const MADV_DONTNEED = 4;

/** Where a part of the program's file is in memory. */
export interface ProgramPages {
  readonly start: bigint;
  readonly length: bigint;
}

/**
 * Gives back what lies unused in the memory of the process: free room between the allocations of C and C++, and the pages of
 * Node's own file, which the kernel brings again from its cache when somebody comes by. To start Node runs through three
 * fourths of its code; to announce addresses, through much less.
 */
export function releasePages(libc: Libc): void {
  libc.mallocTrim(0);
  for (const { start, length } of cleanPages(readFileSync('/proc/self/smaps', 'utf8'), process.execPath))
    libc.madvise(start, length, MADV_DONTNEED);
}

/**
 * What of a file is in memory just as it is on disk, and cannot be written to. Parts that the loader has changed look the same but
 * for their count of anonymous pages: to drop these would be to lose them.
 * @param smaps the text of /proc/PID/smaps @see proc_pid_smaps(5)
 */
export function cleanPages(smaps: string, file: string): ProgramPages[] {
  return smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/).flatMap((part) => {
    const [, start, end, path] = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \d+ +(\S.*)$/m.exec(part) ?? [];
    if (start === undefined || end === undefined || path !== file || !/^Anonymous: +0 kB$/m.test(part)) return [];
    return [{ start: BigInt(`0x${start}`), length: BigInt(`0x${end}`) - BigInt(`0x${start}`) }];
  });
}
