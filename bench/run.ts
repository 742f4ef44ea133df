// `npm run bench -- NAME`: each benchmark prints a table for people, and ends with one line of JSON.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const files = await readdir(import.meta.dirname);
const names = files
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.startsWith('support'))
  .map((file) => file.replace('.ts', ''));
const [name = ''] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`usage: npm run bench -- ${names.join('|')}`);
  process.exit(2);
}
await import(pathToFileURL(join(import.meta.dirname, `${name}.ts`)).href);
