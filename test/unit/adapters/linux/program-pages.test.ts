import { expect, it } from 'vitest';
import { cleanPages } from '../../../../src/adapters/linux/program-pages.ts';

const NODE = '/usr/local/bin/node';

/** One mapping as the kernel writes it. @see proc_pid_smaps(5) */
function mapping(range: string, rights: string, { path = NODE, anonymousKib = 0 } = {}): string {
  return [
    `${range} ${rights} 00000000 08:01 1234                             ${path}`,
    'Size:               4096 kB',
    'Rss:                4000 kB',
    `Anonymous:      ${String(anonymousKib).padStart(8)} kB`,
    'AnonHugePages:         0 kB',
    'VmFlags: rd ex mr mw me',
    '',
  ].join('\n');
}

it('code and constants of the program are given back', () => {
  const smaps = mapping('00400000-00e00000', 'r--p') + mapping('00e00000-02a01000', 'r-xp');
  expect(cleanPages(smaps, NODE)).toEqual([
    { start: 0x40_0000n, length: 0xa0_0000n },
    { start: 0xe0_0000n, length: 0x1c0_1000n },
  ]);
});

it('what the loader or the program has written is kept', () => {
  expect(cleanPages(mapping('05a00000-05a10000', 'r--p', { anonymousKib: 8 }), NODE)).toEqual([]);
  expect(cleanPages(mapping('05a10000-05a20000', 'rw-p'), NODE)).toEqual([]);
  expect(cleanPages(mapping('05a10000-05a20000', 'rwxp'), NODE)).toEqual([]);
});

it('other files, and what has none, are let alone', () => {
  expect(cleanPages(mapping('7f0000000000-7f0000010000', 'r-xp', { path: '/lib/libc.so.6' }), NODE)).toEqual([]);
  expect(cleanPages(mapping('7f0000000000-7f0000010000', 'r--p', { path: '[vvar]' }), NODE)).toEqual([]);
  expect(cleanPages(mapping('7f0000000000-7f0000010000', 'r--p', { path: '' }), NODE)).toEqual([]);
  expect(cleanPages(mapping('00400000-00e00000', 'r-xs'), NODE)).toEqual([]);
});
