// What a client on the LAN misses when the node that owns an address loses its power, when an address is moved by plan and when
// speakers restart: `npm run bench -- failover [TRIALS]`. What a speaker costs at rest and in a storm: `… failover load`.
// The speakers are the release build in processes of their own; the controller is played by the benchmark, and takes no part.

import { inSandbox } from './support/in-sandbox.ts';
import { benchArguments } from './support/report.ts';

await inSandbox(import.meta.filename, async () => {
  const { measureFailover, measureLoad } = await import('./support/failover.ts');
  await (benchArguments()[0] === 'load' ? measureLoad() : measureFailover());
});
