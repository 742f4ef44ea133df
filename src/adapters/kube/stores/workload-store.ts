import type { Workload, WorkloadReader } from '../../../ports/workloads.ts';
import type { ApiClient } from '../http/api-client.ts';
import { mapInvocation, type WireContainer } from '../mapping/invocation.ts';
import { mapMeta, type WireObject } from '../mapping/wire.ts';
import { DAEMON_SETS, DEPLOYMENTS } from '../resource-types.ts';

interface WireWorkload extends WireObject {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly WireContainer[] } };
  };
  readonly status?: { readonly readyReplicas?: number; readonly numberReady?: number };
}

/** Deployments and DaemonSets, by name: the field selector is what a role with `resourceNames` lets list. */
export class ApiWorkloadReader implements WorkloadReader {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async named(names: readonly string[], signal?: AbortSignal): Promise<readonly Workload[]> {
    const kinds = [
      ['Deployment', DEPLOYMENTS],
      ['DaemonSet', DAEMON_SETS],
    ] as const;
    const lists = kinds.flatMap(([kind, type]) =>
      names.map(async (name) => {
        const list = (await this.#client.send({
          verb: 'list',
          path: { type },
          query: { fieldSelector: `metadata.name=${name}` },
          ...(signal === undefined ? {} : { signal }),
        })) as { readonly items?: readonly WireWorkload[] };
        return (list.items ?? []).map((object) => mapWorkload(kind, object));
      }),
    );
    return (await Promise.all(lists)).flat();
  }
}

function mapWorkload(kind: Workload['kind'], { metadata, spec, status }: WireWorkload): Workload {
  return {
    kind,
    meta: mapMeta(metadata),
    ready: status?.readyReplicas ?? status?.numberReady ?? 0,
    ...mapInvocation(spec?.template?.spec?.containers ?? []),
  };
}
