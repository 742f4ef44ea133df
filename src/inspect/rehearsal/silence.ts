import type { EventSink } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';

// A rehearsal tells nobody anything.

const nothing = (): void => {};

export const SILENT_LOG: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => SILENT_LOG,
};

export const SILENT_EVENTS: EventSink = { record: nothing };

export const SILENT_METRICS: Metrics = {
  counter: () => ({ add: nothing, remove: nothing }),
  gauge: () => ({ set: nothing, remove: nothing }),
  histogram: () => ({ observe: nothing }),
};
