// What a client on the LAN misses when the node that owns an address loses its power, when an address is moved by plan and when
// speakers restart: `npm run bench -- failover [TRIALS]`. What a speaker costs at rest, in a storm and on a machine that is busy
// with other things: `… failover load`. Whether one of these makes it lose anything: `… failover saturated [MINUTES]`.
// The speakers are the release build in processes of their own; the controller is played by the benchmark, and takes no part.

import { inSandbox } from './support/in-sandbox.ts';
import { benchArguments } from './support/report.ts';

await inSandbox(import.meta.filename, async () => {
  const [what] = benchArguments();
  if (what === 'load') await (await import('./support/failover-load.ts')).measureLoad();
  else if (what === 'saturated') await (await import('./support/failover-saturated.ts')).measureSaturated();
  else await (await import('./support/failover.ts')).measureFailover();
});
