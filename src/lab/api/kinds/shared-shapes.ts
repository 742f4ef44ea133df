import { integer, optionalText, struct, text, time } from './shape.ts';

/** @see Kubernetes API meta/v1 Condition */
export const condition = struct(
  {
    type: optionalText,
    status: optionalText,
    observedGeneration: integer,
    lastTransitionTime: time,
    reason: optionalText,
    message: optionalText,
  },
  { type: '', status: '', lastTransitionTime: null, reason: '', message: '' },
);

/** @see Kubernetes API core/v1 ObjectReference */
export const objectReference = struct({
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  apiVersion: text,
  resourceVersion: text,
  fieldPath: text,
});
