import type { AccessReviewer, Permission, TokenReview, TokenReviewer } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';
import { SELF_SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS } from '../resource-types.ts';

interface WireTokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/** Asks the API server whose token it is. */
export class ApiTokenReviewer implements TokenReviewer {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async review(token: string, audiences: readonly string[], signal?: AbortSignal): Promise<TokenReview> {
    const { group, version, kind } = TOKEN_REVIEWS;
    const { status = {} } = (await this.#client.send({
      verb: 'create',
      path: { type: TOKEN_REVIEWS },
      body: { apiVersion: `${group}/${version}`, kind, spec: { token, audiences } },
      ...(signal === undefined ? {} : { signal }),
    })) as WireTokenReview;
    return {
      authenticated: status.authenticated ?? false,
      error: status.error ?? '',
      audiences: status.audiences ?? [],
      username: status.user?.username ?? '',
      groups: status.user?.groups ?? [],
      extra: status.user?.extra ?? {},
    };
  }
}

/** Asks the API server what we may do. */
export class ApiAccessReviewer implements AccessReviewer {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async allowed(permission: Permission, signal?: AbortSignal): Promise<boolean> {
    const { group, version, kind } = SELF_SUBJECT_ACCESS_REVIEWS;
    const [resource, subresource] = permission.resource.split('/');
    const resourceAttributes = {
      verb: permission.verb,
      group: permission.group,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(permission.namespace === undefined ? {} : { namespace: permission.namespace }),
      ...(permission.name === undefined ? {} : { name: permission.name }),
    };
    const { status } = (await this.#client.send({
      verb: 'create',
      path: { type: SELF_SUBJECT_ACCESS_REVIEWS },
      body: { apiVersion: `${group}/${version}`, kind, spec: { resourceAttributes } },
      ...(signal === undefined ? {} : { signal }),
    })) as { readonly status?: { readonly allowed?: boolean } };
    return status?.allowed ?? false;
  }
}
