import { deepEqual, define, isArray, isObject, type Json, type JsonObject } from '../json.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { ListTopology, Topology } from './list-topology.ts';

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
      define(merged, list, ordered(merged[list], { first: order, before: merged[list] }, under(place, list)));
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
  const topology = place.topology.list(place.path);
  if (topology.kind === 'atomic') return patch.items.map((item) => (isObject(item) ? withoutDirectives(item) : item));
  const order = isArray(patch.order) ? patch.order : undefined;
  if (order !== undefined && order.length > 0) checkOrder(patch.items, order, place);
  if (topology.kind === 'set') {
    const fresh = patch.items.filter((item) => !current.some((old) => deepEqual(old, item)));
    return ordered([...current, ...fresh], { first: order ?? patch.items, before: current }, place);
  }
  if (patch.items.some((item) => isObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.items.filter((item) => !(isObject(item) && item[DIRECTIVE] === 'replace'));
  }
  const key = keyField(topology);
  let merged = [...current];
  for (const item of patch.items) merged = mergeItem(merged, { item, key }, place);
  return ordered(merged, { first: order ?? patch.items, before: current }, place);
}

function keyField(topology: ListTopology): string {
  return topology.kind === 'map' ? (topology.patchKey ?? topology.keys[0] ?? 'name') : 'name';
}

/** What stands in the patch list must stand in `$setElementOrder` too, in the same order. */
function checkOrder(items: readonly Json[], order: readonly Json[], place: Place): void {
  const same = sameIn(place);
  const wanted = items.filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined));
  let from = 0;
  for (const item of wanted) {
    const at = order.findIndex((candidate, index) => index >= from && same(candidate, item));
    if (at < 0) {
      const message = `The order in patch list:\n${goList(items)}\n doesn't match $setElementOrder list:\n${goList(order)}\n`;
      throw new StatusError({ code: 500, reason: '', message });
    }
    from = at + 1;
  }
}

function goList(items: readonly Json[]): string {
  return `[${items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(' ')}]`;
}

function sameIn(place: Place): (a: Json, b: Json) => boolean {
  const topology = place.topology.list(place.path);
  if (topology.kind !== 'map') return deepEqual;
  const key = keyField(topology);
  return (a, b) => isObject(a) && isObject(b) && deepEqual(a[key], b[key]);
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

/**
 * What the patch names stands in the patch's order, everything else in its order of before. Where the two meet, the place
 * of before decides between items that both were there; other items of the patch come first.
 */
function ordered(
  list: readonly Json[],
  order: { readonly first: readonly Json[]; readonly before: readonly Json[] },
  place: Place,
): readonly Json[] {
  const same = sameIn(place);
  const rank = (item: Json, among: readonly Json[]): number => among.findIndex((other) => same(other, item));
  const named = list.filter((item) => rank(item, order.first) >= 0);
  named.sort((a, b) => rank(a, order.first) - rank(b, order.first));
  const others = list.filter((item) => rank(item, order.first) < 0);
  const merged: Json[] = [];
  for (const item of named) {
    const at = rank(item, order.before);
    for (let other = others[0]; at >= 0 && other !== undefined; other = others[0]) {
      const otherAt = rank(other, order.before);
      if (otherAt < 0 || otherAt > at) break;
      merged.push(other);
      others.shift();
    }
    merged.push(item);
  }
  return [...merged, ...others];
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
