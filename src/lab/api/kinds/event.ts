import { type Json, type JsonObject, stringAt, valueAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { Conversion, Strategy } from '../resource.ts';
import { eventErrors, newEventErrors } from './rules.ts';
import { PLAIN } from './strategy.ts';

const field =
  (...path: readonly string[]) =>
  (event: KubeObject): string =>
    stringAt(event, ...path) ?? '';

const BASE: Strategy = { ...PLAIN, createOnUpdate: true };

/** Events of the core group. */
export const CORE_EVENT: Strategy = {
  ...BASE,
  validate: (next) => eventErrors(next),
  selectableFields: {
    'involvedObject.kind': field('involvedObject', 'kind'),
    'involvedObject.namespace': field('involvedObject', 'namespace'),
    'involvedObject.name': field('involvedObject', 'name'),
    'involvedObject.uid': field('involvedObject', 'uid'),
    'involvedObject.apiVersion': field('involvedObject', 'apiVersion'),
    'involvedObject.resourceVersion': field('involvedObject', 'resourceVersion'),
    'involvedObject.fieldPath': field('involvedObject', 'fieldPath'),
    reason: field('reason'),
    reportingComponent: field('reportingComponent'),
    source: (event) => stringAt(event, 'source', 'component') ?? field('reportingComponent')(event),
    type: field('type'),
  },
};

/** Events of events.k8s.io: the same objects under other member names. */
export const NEW_EVENT: Strategy = {
  ...BASE,
  validate: (next, previous) => (previous === undefined ? newEventErrors(next) : []),
  selectableFields: {
    'regarding.kind': field('regarding', 'kind'),
    'regarding.namespace': field('regarding', 'namespace'),
    'regarding.name': field('regarding', 'name'),
    'regarding.uid': field('regarding', 'uid'),
    reason: field('reason'),
    type: field('type'),
  },
};

/** Member names of events.k8s.io with those of the core group. */
const RENAMED = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['reportingController', 'reportingComponent'],
] as const;

export const EVENT_CONVERSION: Conversion = {
  toStored: (event) => ({
    ...renamed(event, ([fresh, core]) => [fresh, core]),
    apiVersion: 'v1',
    kind: event.kind,
    metadata: event.metadata,
  }),
  fromStored: (event) => ({
    ...withoutEmpty(renamed(event, ([fresh, core]) => [core, fresh])),
    apiVersion: 'events.k8s.io/v1',
    kind: event.kind,
    metadata: event.metadata,
  }),
};

function renamed(event: KubeObject, way: (pair: (typeof RENAMED)[number]) => readonly [string, string]): JsonObject {
  const names = new Map(RENAMED.map(way));
  const members: Record<string, Json | undefined> = {};
  for (const [name, value] of Object.entries(event)) members[names.get(name) ?? name] = value;
  return members;
}

/** What the core group writes even when empty, events.k8s.io leaves out. */
function withoutEmpty(event: JsonObject): JsonObject {
  const empty = ['reportingController', 'reportingInstance'].filter((member) => valueAt(event, member) === '');
  return { ...event, ...Object.fromEntries(empty.map((member) => [member, undefined])) };
}
