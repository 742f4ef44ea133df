import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../kube-object.ts';
import type { StatusError } from '../status-error.ts';

/** JSON of stored objects, made once for all watchers and lists. Entries live as long as their object. */
const encoded = new WeakMap<KubeObject, string>();

export function encodeObject(object: KubeObject): string {
  let text = encoded.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    encoded.set(object, text);
  }
  return text;
}

/** An object as an item of a list: built-in kinds leave out what the list itself says. */
export function encodeItem(object: KubeObject, custom: boolean): string {
  if (custom) return encodeObject(object);
  const text = encodeObject(object);
  const prefix = `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(object.apiVersion)},`;
  if (text.startsWith(prefix)) return `{${text.slice(prefix.length)}`;
  return JSON.stringify({ ...object, kind: undefined, apiVersion: undefined });
}

export function sendText(response: ServerResponse, code: number, type: string, text: string): void {
  response.writeHead(code, { 'content-type': type, 'cache-control': 'no-cache, private' });
  response.end(text);
}

export function sendJson(response: ServerResponse, code: number, text: string): void {
  sendText(response, code, 'application/json', text);
}

export function sendStatus(response: ServerResponse, error: StatusError): void {
  const wait = error.details?.retryAfterSeconds;
  if (wait !== undefined) response.setHeader('retry-after', String(wait));
  sendJson(response, error.code, JSON.stringify(error.body));
}

export function success(details: JsonObject): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
