import { define, isArray, isObject, type Json, type JsonObject, stringAt } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import { StatusError } from '../status-error.ts';
import { isOf, type Managed, managedIn, ownedFieldsOf, type Writer, withWriter } from './field-managers.ts';
import {
  changed,
  difference,
  type FieldNode,
  intersection,
  isEmpty,
  itemName,
  NO_FIELDS,
  pathsOf,
  union,
} from './field-set.ts';
import type { ListTopology, Topology } from './list-topology.ts';

/** What a server-side apply makes of an object: the outcome and who owns what of it then. */
export interface Applied {
  readonly object: KubeObject;
  readonly managedFields: readonly JsonObject[];
}

/**
 * Merges a wanted object into the stored one. What the same writer once applied and no longer wants goes, unless somebody
 * else owns it too. @throws StatusError 409 for fields of others, unless `force` @see Kubernetes "Server-Side Apply"
 */
export function serverSideApply(
  { stored, wanted }: { readonly stored: KubeObject; readonly wanted: KubeObject },
  writer: Writer & { readonly force: boolean },
  topology: Topology,
): Applied {
  const managers = managedIn(stored.metadata);
  const fields = ownedFieldsOf(wanted, { topology, containers: false });
  const disputed = changed(fields, ownedFieldsOf(stored, { topology, containers: true }));
  const others = managers.filter(({ entry }) => !isOf(entry, writer));
  if (!writer.force) refuseConflicts(others, disputed);
  const left = managers.map((managed) =>
    isOf(managed.entry, writer) ? managed : { ...managed, fields: difference(managed.fields, disputed) },
  );
  const before = managers.find(({ entry }) => isOf(entry, writer))?.fields ?? NO_FIELDS;
  const owned = others.reduce((all, other) => union(all, other.fields), NO_FIELDS);
  const unwanted = difference(difference(before, fields), owned);
  const merged = mergeValue(stored, { ...wanted, metadata: withoutServerMembers(wanted) }, { topology, path: [] });
  const pruned = removeFields(merged, { gone: unwanted, owned: union(owned, fields) }, { topology, path: [] });
  const { kind, apiVersion, metadata } = stored;
  const object: JsonObject = isObject(pruned) ? pruned : {};
  return {
    object: { ...object, kind, apiVersion, metadata: isObject(object.metadata) ? object.metadata : metadata },
    managedFields: withWriter(left, writer, () => fields),
  };
}

/** What only the server writes is not merged. Identity is, so that a request about another object is refused later. */
function withoutServerMembers(wanted: KubeObject): JsonObject {
  const { managedFields: _, creationTimestamp: __, ...metadata } = wanted.metadata;
  return metadata;
}

function refuseConflicts(others: readonly Managed[], disputed: FieldNode): void {
  const found = others.flatMap(({ entry, fields }) => {
    const conflicts = intersection(disputed, fields);
    if (isEmpty(conflicts)) return [];
    return pathsOf(conflicts).map((field) => ({ owner: ownerOf(entry), field }));
  });
  const [first] = found;
  if (first === undefined) return;
  const told =
    found.length === 1
      ? `1 conflict: conflict with ${first.owner}: ${first.field}`
      : `${found.length} conflicts: ${listed(found)}`;
  const causes = found.map(({ owner, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${owner}`,
    field,
  }));
  throw new StatusError({ code: 409, reason: 'Conflict', message: `Apply failed with ${told}`, details: { causes } });
}

function ownerOf(entry: JsonObject): string {
  const subresource = stringAt(entry, 'subresource');
  const where = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  const by = stringAt(entry, 'operation') === 'Update' ? ` using ${stringAt(entry, 'apiVersion') ?? ''}` : '';
  return `"${stringAt(entry, 'manager') ?? ''}"${where}${by}`;
}

function listed(conflicts: readonly { readonly owner: string; readonly field: string }[]): string {
  return [...Map.groupBy(conflicts, ({ owner }) => owner)]
    .map(([owner, own]) => {
      const fields = own.map(({ field }) => `\n- ${field}`).sort();
      return `conflicts with ${owner}:${fields.join('')}`;
    })
    .join('\n');
}

interface Place {
  readonly topology: Topology;
  readonly path: readonly string[];
}

function under({ topology, path }: Place, member: string): Place {
  return { topology, path: [...path, member] };
}

function mergeValue(stored: Json | undefined, wanted: Json, place: Place): Json {
  if (isObject(wanted) && isObject(stored) && place.topology.object(place.path) !== 'atomic') {
    const merged: Record<string, Json> = {};
    for (const [member, value] of Object.entries(stored)) if (value !== undefined) define(merged, member, value);
    for (const [member, value] of Object.entries(wanted)) {
      if (value !== undefined) define(merged, member, mergeValue(stored[member], value, under(place, member)));
    }
    return merged;
  }
  if (isArray(wanted) && isArray(stored)) return mergeList(stored, wanted, place);
  return wanted;
}

function mergeList(stored: readonly Json[], wanted: readonly Json[], place: Place): Json {
  const topology = place.topology.list(place.path);
  if (topology.kind === 'atomic') return wanted;
  const nameIn = (item: Json): string => itemName(item, topology);
  const byName = new Map(stored.map((item) => [nameIn(item), item]));
  const wantedNames = new Set(wanted.map(nameIn));
  const done = new Set<string>();
  const merged: Json[] = [];
  let at = 0;
  // What only the stored list has stays in front of the next item that both have.
  const takeStored = (): void => {
    for (let item = stored[at]; item !== undefined; item = stored[at]) {
      const name = nameIn(item);
      if (wantedNames.has(name) && !done.has(name)) return;
      if (!wantedNames.has(name)) merged.push(item);
      at += 1;
    }
  };
  for (const item of wanted) {
    takeStored();
    merged.push(mergeValue(byName.get(nameIn(item)), item, under(place, '*')));
    done.add(nameIn(item));
  }
  takeStored();
  return merged;
}

/** What to take away, and what somebody still owns: a field goes whole only when nothing below it is owned. */
interface Removal {
  readonly gone: FieldNode;
  readonly owned: FieldNode;
}

function below({ gone, owned }: Removal, name: string): Removal {
  return { gone: gone.children.get(name) ?? NO_FIELDS, owned: owned.children.get(name) ?? NO_FIELDS };
}

function isWhole({ gone, owned }: Removal): boolean {
  return gone.member && isEmpty(owned);
}

function removeFields(value: Json, removal: Removal, place: Place): Json {
  if (isEmpty(removal.gone)) return value;
  if (isArray(value)) return removeItems(value, removal, place);
  if (!isObject(value)) return value;
  const kept: Record<string, Json> = {};
  for (const [member, item] of Object.entries(value)) {
    const inner = below(removal, `f:${member}`);
    if (item === undefined || isWhole(inner)) continue;
    define(kept, member, removeFields(item, inner, under(place, member)));
  }
  return kept;
}

function removeItems(items: readonly Json[], removal: Removal, place: Place): Json {
  const topology: ListTopology = place.topology.list(place.path);
  if (topology.kind === 'atomic') return items;
  return items.flatMap((item) => {
    const inner = below(removal, itemName(item, topology));
    return isWhole(inner) ? [] : [removeFields(item, inner, under(place, '*'))];
  });
}
