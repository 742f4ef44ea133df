import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to reach a kube-apiserver as a certain user. */
export interface ApiAccess {
  /** `https://host:port` */
  readonly url: string;
  /** PEM */
  readonly ca: string;
  readonly token: string;
}

/** An object as the API gives it. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the real API server answers, and an assertion is its type check.
export type ApiObject = Record<string, any>;

/** The API said no. */
class ApiRefusal extends Error {
  readonly status: number;

  constructor(call: string, status: number, body: ApiObject) {
    super(`${call}: ${status} ${String(body.message ?? '')}`);
    this.status = status;
  }
}

const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
const PATIENCE_MS = 60_000;
const TIMEOUT_MS = 10_000;

/** The Kubernetes API over plain HTTPS: independent of the client library that the program uses. */
export class Api {
  readonly access: ApiAccess;

  constructor(access: ApiAccess) {
    this.access = access;
  }

  get(path: string): Promise<ApiObject> {
    return this.#call('GET', path);
  }

  /** The items of a list. */
  async list(path: string): Promise<ApiObject[]> {
    return ((await this.get(path)).items ?? []) as ApiObject[];
  }

  create(path: string, object: ApiObject): Promise<ApiObject> {
    return this.#call('POST', path, object);
  }

  /** @param path may end in `/status` */
  patch(path: string, change: ApiObject): Promise<ApiObject> {
    return this.#call('PATCH', path, change, MERGE_PATCH);
  }

  /** Server-side apply, as `kubectl apply --server-side` does it. */
  apply(path: string, object: ApiObject): Promise<ApiObject> {
    return this.#call('PATCH', `${path}?fieldManager=e2e&force=true`, object, APPLY_PATCH);
  }

  delete(path: string): Promise<ApiObject> {
    return this.#call('DELETE', path);
  }

  /** The object, or undefined when there is none. */
  async find(path: string): Promise<ApiObject | undefined> {
    try {
      return await this.get(path);
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Reads an object until it is as wanted; a failing call counts as not yet.
   * @param isSo is asked with undefined when there is no such object
   * @throws Error with the last state when that takes longer than 30 s
   */
  async until(path: string, isSo: (object: ApiObject | undefined) => boolean): Promise<ApiObject | undefined> {
    let last: unknown;
    for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
      try {
        const object = await this.find(path);
        if (isSo(object)) return object;
        last = object;
      } catch (error) {
        last = String(error);
      }
      await sleep(50);
    }
    throw new Error(`${path} is not as wanted after ${PATIENCE_MS / 1000} s, but: ${JSON.stringify(last)}`);
  }

  /** Whether the server calls itself ready. */
  ready(): Promise<boolean> {
    return this.#exchange('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** A token of a ServiceAccount. @param spec of a TokenRequest: audiences, boundObjectRef, expirationSeconds */
  async serviceAccountToken(namespace: string, name: string, spec: ApiObject): Promise<string> {
    const review = await this.create(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
    return String(review.status.token);
  }

  async #call(method: string, path: string, body?: ApiObject, contentType?: string): Promise<ApiObject> {
    const { status, text } = await this.#exchange(method, path, body, contentType);
    const answer = (text === '' ? {} : JSON.parse(text)) as ApiObject;
    if (status >= 300) throw new ApiRefusal(`${method} ${path}`, status, answer);
    return answer;
  }

  #exchange(
    method: string,
    path: string,
    body?: ApiObject,
    contentType = 'application/json',
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { url, ca, token } = this.access;
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': contentType };
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, url),
        { method, ca, headers, timeout: TIMEOUT_MS, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
