import { deepEqual, define, isArray, isObject, type Json, type JsonObject } from '../json.ts';
import { badRequest } from '../status-error.ts';
import type { Topology } from './list-topology.ts';

const DIRECTIVE = '$patch';
const ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const RETAIN = '$retainKeys';

/** A document with a strategic-merge patch applied. @throws StatusError 400 @see Kubernetes "strategic-merge-patch" */
export function applyStrategicMergePatch(document: JsonObject, patch: Json, topology: Topology): JsonObject {
  if (!isObject(patch)) throw badRequest('error decoding patch: a strategic-merge patch is an object');
  return mergeObject(document, patch, { topology, path: [] });
}

interface Place {
  readonly topology: Topology;
  readonly path: readonly string[];
}

function under(place: Place, member: string): Place {
  return { topology: place.topology, path: [...place.path, member] };
}

function mergeObject(target: JsonObject, patch: JsonObject, place: Place): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`unknown ${DIRECTIVE} type: ${String(directive)}`);
  const merged: Record<string, Json> = {};
  const retained = isArray(patch[RETAIN]) ? patch[RETAIN] : undefined;
  for (const [member, value] of Object.entries(target)) {
    if (value !== undefined && (retained === undefined || retained.includes(member))) define(merged, member, value);
  }
  for (const [member, value] of Object.entries(patch)) {
    if (value !== undefined) mergeMember(merged, { member, value, patch }, place);
  }
  return merged;
}

function mergeMember(
  merged: Record<string, Json>,
  { member, value, patch }: { readonly member: string; readonly value: Json; readonly patch: JsonObject },
  place: Place,
): void {
  if (member === DIRECTIVE || member === RETAIN) return;
  if (member.startsWith(DELETE_PRIMITIVES)) {
    deletePrimitives(merged, member.slice(DELETE_PRIMITIVES.length), value);
    return;
  }
  if (member.startsWith(ORDER)) {
    const list = member.slice(ORDER.length);
    if (patch[list] === undefined && isArray(merged[list])) {
      const order = isArray(value) ? value : [];
      define(merged, list, ordered(merged[list], order, under(place, list)));
    }
    return;
  }
  if (value === null) {
    delete merged[member];
    return;
  }
  const current = merged[member];
  const inner = under(place, member);
  if (isArray(value)) {
    const order = patch[`${ORDER}${member}`];
    define(merged, member, mergeList(isArray(current) ? current : [], { items: value, order }, inner));
  } else if (isObject(value)) {
    define(merged, member, mergeObject(isObject(current) ? current : {}, value, inner));
  } else {
    define(merged, member, value);
  }
}

function deletePrimitives(merged: Record<string, Json>, list: string, value: Json): void {
  const current = merged[list];
  if (!isArray(current) || !isArray(value)) return;
  const left = current.filter((item) => !value.some((gone) => deepEqual(gone, item)));
  if (left.length === 0) delete merged[list];
  else define(merged, list, left);
}

function mergeList(
  current: readonly Json[],
  patch: { readonly items: readonly Json[]; readonly order: Json | undefined },
  place: Place,
): readonly Json[] {
  const topology = place.topology(place.path);
  if (topology.kind === 'atomic') return patch.items.map((item) => (isObject(item) ? withoutDirectives(item) : item));
  const order = isArray(patch.order) ? patch.order : undefined;
  if (topology.kind === 'set') {
    const fresh = patch.items.filter((item) => !current.some((old) => deepEqual(old, item)));
    return ordered([...current, ...fresh], order ?? [], place);
  }
  if (patch.items.some((item) => isObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.items.filter((item) => !(isObject(item) && item[DIRECTIVE] === 'replace'));
  }
  const key = topology.patchKey ?? topology.keys[0] ?? 'name';
  let merged = [...current];
  for (const item of patch.items) merged = mergeItem(merged, { item, key }, place);
  return ordered(merged, order ?? [], place);
}

function mergeItem(
  list: readonly Json[],
  { item, key }: { readonly item: Json; readonly key: string },
  place: Place,
): Json[] {
  if (!isObject(item) || item[key] === undefined) {
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  }
  const at = list.findIndex((old) => isObject(old) && deepEqual(old[key], item[key]));
  if (item[DIRECTIVE] === 'delete') return list.filter((_, index) => index !== at);
  if (at < 0) return [...list, mergeObject({}, item, under(place, '*'))];
  return list.map((old, index) => (index === at && isObject(old) ? mergeObject(old, item, under(place, '*')) : old));
}

/** What `order` names stands in that order; what it does not name keeps its place before or after its neighbours. */
function ordered(list: readonly Json[], order: readonly Json[], place: Place): readonly Json[] {
  if (order.length === 0) return list;
  const topology = place.topology(place.path);
  const key = topology.kind === 'map' ? (topology.patchKey ?? topology.keys[0] ?? 'name') : undefined;
  const rank = (item: Json): number =>
    order.findIndex((wanted) =>
      key === undefined
        ? deepEqual(wanted, item)
        : isObject(wanted) && isObject(item) && deepEqual(wanted[key], item[key]),
    );
  const named = list.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  return list.map((item) => (rank(item) >= 0 ? (named.shift() ?? item) : item));
}

/** `$`-members are instructions, never data. */
function withoutDirectives(value: JsonObject): JsonObject {
  const clean: Record<string, Json> = {};
  for (const [member, item] of Object.entries(value)) {
    if (item === undefined || item === null || member.startsWith('$')) continue;
    if (isArray(item))
      define(
        clean,
        member,
        item.map((part) => (isObject(part) ? withoutDirectives(part) : part)),
      );
    else define(clean, member, isObject(item) ? withoutDirectives(item) : item);
  }
  return clean;
}
