import { deepEqual, isArray, isObject, type Json, type JsonObject, stringAt } from '../json.ts';
import { badRequest, StatusError } from '../status-error.ts';

/** A document with an RFC 6902 patch applied. @throws StatusError 400 for no patch, 422 for one that does not fit */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (!isArray(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  return patch.reduce<Json>((current, operation) => {
    if (!isObject(operation)) throw badRequest('error decoding patch: an operation is an object');
    return applyOperation(current, operation);
  }, document);
}

function applyOperation(document: Json, operation: JsonObject): Json {
  const path = pointerOf(operation, 'path');
  switch (operation.op) {
    case 'add':
      return insert(document, path, operandOf(operation));
    case 'remove':
      return remove(document, path);
    case 'replace':
      read(document, path);
      return path.length === 0 ? operandOf(operation) : insert(remove(document, path), path, operandOf(operation));
    case 'move': {
      const from = pointerOf(operation, 'from');
      return insert(remove(document, from), path, read(document, from));
    }
    case 'copy':
      return insert(document, path, read(document, pointerOf(operation, 'from')));
    case 'test': {
      const present = find(document, path);
      if (!deepEqual(present ?? null, operation.value ?? null)) {
        throw unfit();
      }
      return document;
    }
    default:
      throw unfit();
  }
}

function operandOf(operation: JsonObject): Json {
  return operation.value ?? null;
}

/** @see RFC 6901 §4 */
function pointerOf(operation: JsonObject, member: 'path' | 'from'): readonly string[] {
  const pointer = stringAt(operation, member);
  if (pointer === undefined || (pointer !== '' && !pointer.startsWith('/'))) {
    throw unfit();
  }
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(document: Json, path: readonly string[]): Json | undefined {
  let current: Json | undefined = document;
  for (const part of path) {
    if (isArray(current)) current = current[Number(part)];
    else if (isObject(current)) current = current[part];
    else return undefined;
  }
  return current;
}

function read(document: Json, path: readonly string[]): Json {
  const found = find(document, path);
  if (found === undefined) throw unfit();
  return found;
}

function insert(document: Json, path: readonly string[], value: Json): Json {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (isArray(document)) {
    const at = part === '-' && rest.length === 0 ? document.length : indexIn(part, document.length);
    if (rest.length === 0) return [...document.slice(0, at), value, ...document.slice(at)];
    return document.map((item, index) => (index === at ? insert(item, rest, value) : item));
  }
  if (!isObject(document)) throw unfit();
  if (rest.length === 0) return { ...document, [part]: value };
  const child = document[part];
  if (child === undefined) throw unfit();
  return { ...document, [part]: insert(child, rest, value) };
}

function remove(document: Json, path: readonly string[]): Json {
  read(document, path);
  const [part, ...rest] = path;
  if (part === undefined) return null;
  if (isArray(document)) {
    const at = indexIn(part, document.length - 1);
    if (rest.length === 0) return document.filter((_, index) => index !== at);
    return document.map((item, index) => (index === at ? remove(item, rest) : item));
  }
  if (!isObject(document)) throw unfit();
  if (rest.length === 0) return { ...document, [part]: undefined };
  return { ...document, [part]: remove(document[part] ?? null, rest) };
}

function indexIn(part: string, largest: number): number {
  const at = /^(0|[1-9]\d*)$/.test(part) ? Number(part) : Number.NaN;
  if (!(at <= largest)) throw unfit();
  return at;
}

/** As the real server answers a patch that cannot be applied: it does not say why. */
function unfit(): StatusError {
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
}
