import type { ObjectRef } from '../../../ports/kubernetes.ts';
import type { ConfigMap, ConfigMapStore, NewObject, Secret, SecretStore } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';
import { mapConfigMap } from '../mapping/objects.ts';
import { mapSecret } from '../mapping/secret.ts';
import { CONFIG_MAPS, SECRETS } from '../resource-types.ts';
import { ObjectRequests } from './object-requests.ts';

export class ApiSecretStore implements SecretStore {
  readonly #requests: ObjectRequests;

  constructor(client: ApiClient) {
    this.#requests = new ObjectRequests(client, SECRETS);
  }

  async get(ref: ObjectRef, signal?: AbortSignal): Promise<Secret | undefined> {
    const object = await this.#requests.get(ref, signal);
    return object && mapSecret(object);
  }

  async create(secret: NewObject & Pick<Secret, 'type' | 'data'>, signal?: AbortSignal): Promise<Secret> {
    return mapSecret(await this.#requests.create(secret, secretContent(secret), signal));
  }

  async update(secret: Secret, signal?: AbortSignal): Promise<Secret> {
    return mapSecret(await this.#requests.replace(secret.meta, secretContent(secret), signal));
  }
}

export class ApiConfigMapStore implements ConfigMapStore {
  readonly #requests: ObjectRequests;

  constructor(client: ApiClient) {
    this.#requests = new ObjectRequests(client, CONFIG_MAPS);
  }

  async get(ref: ObjectRef, signal?: AbortSignal): Promise<ConfigMap | undefined> {
    const object = await this.#requests.get(ref, signal);
    return object && mapConfigMap(object);
  }

  async create(configMap: NewObject & Pick<ConfigMap, 'data'>, signal?: AbortSignal): Promise<ConfigMap> {
    return mapConfigMap(await this.#requests.create(configMap, { data: configMap.data }, signal));
  }

  async update(configMap: ConfigMap, signal?: AbortSignal): Promise<ConfigMap> {
    return mapConfigMap(await this.#requests.replace(configMap.meta, { data: configMap.data }, signal));
  }
}

function secretContent({ type, data }: Pick<Secret, 'type' | 'data'>): object {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { type, data: Object.fromEntries(encoded) as Record<string, string> };
}
