import { isArray, isObject, type Json } from '../json.ts';

/** The first value under a JSONPath of dots, indices and `[?(@.a=="b")]`, which is what printer columns use. */
export function jsonPathValue(value: Json, path: string): Json | undefined {
  let current: Json | undefined = value;
  for (const [, name, index, key, wanted] of path.matchAll(STEP)) {
    if (name !== undefined) current = isObject(current) ? current[name.replaceAll('\\.', '.')] : undefined;
    else if (!isArray(current)) return undefined;
    else if (index !== undefined) current = current[index === '*' ? 0 : Number(index)];
    else current = current.find((item) => isObject(item) && String(item[key ?? '']) === wanted);
  }
  return current;
}

const STEP = /\.((?:\\\.|[^.[\]])+)|\[(\d+|\*)\]|\[\?\(@\.([^=]+)==["']([^"']*)["']\)\]/g;
