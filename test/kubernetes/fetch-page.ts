// Fetches one page of a test backend and prints where it came from, as JSON; prints nothing when none comes within a second.
import { get } from 'node:http';
import type { Page } from './web-client.ts';

const [url = ''] = process.argv.slice(2);
const request = get(url, { agent: false, timeout: 1_000 }, (response) => {
  const header = (name: string): string => String(response.headers[name] ?? '');
  const page: Page = { node: header('x-node'), pod: header('x-pod'), client: header('x-client').replace(/:\d+$/, '') };
  process.stdout.write(JSON.stringify(page));
  response.resume();
});
request.on('timeout', () => request.destroy());
request.on('error', () => {});
