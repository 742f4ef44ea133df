import { define, isObject, type Json } from '../json.ts';

/** A value with an RFC 7396 merge patch applied. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json> = {};
  if (isObject(target)) {
    for (const [member, value] of Object.entries(target)) if (value !== undefined) define(merged, member, value);
  }
  for (const [member, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[member];
    else define(merged, member, applyMergePatch(merged[member], value));
  }
  return merged;
}
