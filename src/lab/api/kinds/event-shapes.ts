import { integer, microTime, optionalText, struct, text, time } from './shape.ts';
import { objectReference } from './shared-shapes.ts';

/** @see Kubernetes API core/v1 Event */
export const event = struct(
  {
    involvedObject: objectReference,
    reason: text,
    message: text,
    source: struct({ component: text, host: text }),
    firstTimestamp: time,
    lastTimestamp: time,
    count: integer,
    type: text,
    eventTime: microTime,
    series: struct({ count: integer, lastObservedTime: microTime }),
    action: text,
    related: objectReference,
    reportingComponent: optionalText,
    reportingInstance: optionalText,
  },
  {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  },
);

/** @see Kubernetes API events.k8s.io/v1 Event */
export const newEvent = struct(
  {
    regarding: objectReference,
    reason: text,
    note: text,
    deprecatedSource: struct({ component: text, host: text }),
    deprecatedFirstTimestamp: time,
    deprecatedLastTimestamp: time,
    deprecatedCount: integer,
    type: text,
    eventTime: microTime,
    series: struct({ count: integer, lastObservedTime: microTime }),
    action: text,
    related: objectReference,
    reportingController: text,
    reportingInstance: text,
  },
  {
    regarding: {},
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
    eventTime: null,
  },
);
