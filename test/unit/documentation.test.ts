import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** The last two cells: a file below src, and a file below test with words of a title. */
const ROW = /\| `([^`|]+)` \| `([^`|]+)` "([^"]+)" \|$/;

describe.each(['arp', 'ndp'])('docs/rfc/%s.md', (page) => {
  const lines = readFileSync(join(ROOT, 'docs/rfc', `${page}.md`), 'utf8').split('\n');
  const rows = lines.filter((line) => line.startsWith('| ')).slice(1);

  it('names for each requirement a file, and a test that is there', () => {
    expect(rows.length).toBeGreaterThan(15);
    const wrong = rows.filter((row) => {
      const [, source = '', test = '', title = ''] = ROW.exec(row) ?? [];
      const file = join(ROOT, 'test', test);
      return !existsSync(join(ROOT, 'src', source)) || !existsSync(file) || !readFileSync(file, 'utf8').includes(title);
    });
    expect(wrong).toEqual([]);
  });
});
