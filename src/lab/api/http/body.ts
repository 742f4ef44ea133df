import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { messageOf } from '../../../ports/error-message.ts';
import { type Json, parseJson } from '../json.ts';
import { badRequest, StatusError, unsupportedMediaType } from '../status-error.ts';

const LARGEST_BODY = 3 * 1024 * 1024;
const JSON_TYPES = ['', 'application/json', '*/*'];
const YAML_TYPES = ['application/yaml', 'application/apply-patch+yaml'];

/** The media type of a request without its parameters. */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The body as a value; undefined when it is empty. @throws StatusError 400, 413, 415 */
export async function readBody(request: IncomingMessage, accepted: readonly string[] = []): Promise<Json | undefined> {
  const text = await readText(request);
  if (text === '') return undefined;
  const type = mediaTypeOf(request);
  try {
    if (YAML_TYPES.includes(type)) return parseJson(JSON.stringify(parseYaml(text) ?? null));
    if (JSON_TYPES.includes(type) || accepted.includes(type)) return parseJson(text);
  } catch (error) {
    const why = messageOf(error);
    throw badRequest(`the object provided is unrecognized (must be of the expected type): ${why}`);
  }
  throw unsupportedMediaType(['application/json', 'application/yaml', ...accepted]);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    size += chunk.length;
    if (size > LARGEST_BODY) {
      const message = `Request entity too large: limit is ${LARGEST_BODY}`;
      throw new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
