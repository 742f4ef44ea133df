// Asks for pages again and again, each time over a new connection, and prints one line of JSON for each answer or failure.
import { get } from 'node:http';
import type { PageAttempt } from './page-attempt.ts';

const [urls = '', intervalText = '10', timeoutText = '250'] = process.argv.slice(2);
const pages = urls.split(',');
const intervalMs = Number(intervalText);

function attempt(url: string): void {
  const startedAtMs = Date.now();
  let reported = false;
  const report = (node: string | undefined): void => {
    if (reported) return;
    reported = true;
    const line: PageAttempt = { url, startedAtMs, endedAtMs: Date.now(), ...(node === undefined ? {} : { node }) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const request = get(url, { agent: false }, (response) => {
    response.resume();
    response.once('end', () => report(String(response.headers['x-node'])));
  });
  const giveUp = setTimeout(() => request.destroy(new Error('timeout')), Number(timeoutText));
  request.once('error', () => report(undefined));
  request.once('close', () => clearTimeout(giveUp));
}

// One page after the other: asked for all at once, they would wait for each other.
for (const [place, url] of pages.entries()) {
  setTimeout(() => setInterval(attempt, intervalMs, url), (place * intervalMs) / pages.length);
}
