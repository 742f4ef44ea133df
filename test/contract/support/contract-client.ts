import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ApiObject } from '../../kubernetes/api.ts';
import type { Cluster } from './cluster.ts';
import { OpenWatch } from './open-watch.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** What the API answered, whatever it was. */
export interface Answer {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  /** The parsed JSON; undefined where the answer was no JSON. */
  readonly body: ApiObject;
  readonly text: string;
}

/** One user's plain HTTPS requests: no client library comes between the test and the API. */
export class ContractClient {
  readonly #access: { readonly url: string; readonly ca: string; readonly token: string };

  constructor(access: { readonly url: string; readonly ca: string; readonly token: string }) {
    this.#access = access;
  }

  static admin(cluster: Cluster): ContractClient {
    return new ContractClient({ url: cluster.url, ca: cluster.ca, token: cluster.adminToken });
  }

  /** The same API as the user of another token; an empty one: nobody. */
  as(token: string): ContractClient {
    return new ContractClient({ ...this.#access, token });
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  create(path: string, body: ApiObject | string, type?: string): Promise<Answer> {
    return this.send('POST', path, { body, type });
  }

  replace(path: string, body: ApiObject): Promise<Answer> {
    return this.send('PUT', path, { body });
  }

  patch(path: string, type: string, body: ApiObject | readonly unknown[]): Promise<Answer> {
    return this.send('PATCH', path, { body, type });
  }

  delete(path: string, body?: ApiObject): Promise<Answer> {
    return this.send('DELETE', path, body === undefined ? {} : { body });
  }

  /** @throws Error when the object is not created */
  async mustCreate(path: string, body: ApiObject): Promise<ApiObject> {
    const answer = await this.create(path, body);
    if (answer.code !== 201) throw new Error(`POST ${path}: ${answer.code} ${answer.text}`);
    return answer.body;
  }

  /** A namespace of its own for a test, with a name that no other has. */
  async namespace(prefix: string): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.mustCreate('/api/v1/namespaces', { metadata: { name } });
    return name;
  }

  send(
    method: string,
    path: string,
    sent: { readonly body?: ApiObject | readonly unknown[] | string; readonly type?: string | undefined } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = this.#open(method, path, sent, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(answerOf(response, Buffer.concat(chunks).toString())));
      });
      call.on('error', reject);
    });
  }

  /** Opens a watch and resolves when its headers are there. @throws Error when the API refuses it */
  watch(path: string): Promise<OpenWatch> {
    return new Promise((resolve, reject) => {
      const call = this.#open('GET', path, {}, (response) => {
        resolve(new OpenWatch(response, () => call.destroy()));
      });
      call.on('error', reject);
    });
  }

  #open(
    method: string,
    path: string,
    sent: { readonly body?: unknown; readonly type?: string | undefined },
    answered: (response: IncomingMessage) => void,
  ) {
    const { url, ca, token } = this.#access;
    const body =
      sent.body === undefined ? undefined : typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body);
    const headers = {
      accept: 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      // Node would send the body of a DELETE without saying how long it is.
      ...(body === undefined
        ? {}
        : { 'content-type': sent.type ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const call = httpsRequest(new URL(path, url), { method, ca, headers, agent: false }, answered);
    call.end(body);
    return call;
  }
}

function answerOf(response: IncomingMessage, text: string): Answer {
  const isJson = (response.headers['content-type'] ?? '').includes('json');
  return {
    code: response.statusCode ?? 0,
    headers: response.headers,
    body: isJson && text !== '' ? (JSON.parse(text) as ApiObject) : {},
    text,
  };
}

/** What a refusal says to programs: code, reason, and each field with what is wrong with it. */
export function refusal(answer: Answer): ApiObject {
  const causes: ApiObject[] = answer.body.details?.causes ?? [];
  // The real server tells some causes twice, in no certain order, and names none where it skipped rules in CEL.
  const told = causes.filter((cause) => cause.field !== '<nil>').map((cause) => `${cause.field} ${cause.reason}`);
  return {
    code: answer.code,
    ...(answer.body.reason === undefined ? {} : { reason: answer.body.reason }),
    ...(told.length === 0 ? {} : { causes: [...new Set(told)].sort() }),
  };
}
