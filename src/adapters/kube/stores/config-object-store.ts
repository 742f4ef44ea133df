import type { ConfigObject, ResourceType } from '../../../ports/informer.ts';
import type { ConfigObjectStore } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/** Objects of our own kinds. */
export class ApiConfigObjectStore implements ConfigObjectStore {
  readonly #client: ApiClient;
  readonly #types: readonly ResourceType[];

  constructor(options: { readonly types: readonly ResourceType[] }, dependencies: { readonly client: ApiClient }) {
    this.#types = options.types;
    this.#client = dependencies.client;
  }

  async patchStatus(object: ConfigObject, status: object, signal?: AbortSignal): Promise<unknown> {
    const { namespace, name, uid } = object.meta;
    const type = this.#typeOf(object);
    const kept = await this.#client.send({
      verb: 'patch',
      path: { type, ...(type.namespaced ? { namespace } : {}), name, subresource: 'status' },
      body: { metadata: { uid }, status },
      contentType: MERGE_PATCH,
      ...(signal === undefined ? {} : { signal }),
    });
    return (kept as { readonly status?: unknown }).status;
  }

  #typeOf({ apiVersion, kind }: ConfigObject): ResourceType {
    const type = this.#types.find((each) => each.kind === kind && `${each.group}/${each.version}` === apiVersion);
    if (type === undefined) throw new Error(`${apiVersion} ${kind} is not a kind of ours`);
    return type;
  }
}
