import { canonicalText } from '../../core/config/same-value.ts';
import { isApiError } from '../../ports/api-error.ts';
import type { ConfigObject, Informer, ResourceType } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { StatusObjectStore } from '../../ports/stores.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { ANNOUNCED_WRITES } from './metrics.ts';
import { PacedKeys, type PacedKeysOptions } from './paced-keys.ts';
import {
  MANAGED_BY_LABEL,
  MANAGER,
  type NodeStatus,
  SERVICE_NAME_LABEL,
  SERVICE_NAMESPACE_LABEL,
  statusObject,
} from './status-object.ts';

export interface StatusObjectsOptions extends PacedKeysOptions {
  /** Where the objects are. */
  readonly namespace: string;
  /** Names begin with it: `l2`. */
  readonly prefix: string;
  /** Where a kind is not installed, how long until that is looked at again. */
  readonly absentForMs: number;
}

/** Half as fast as conditions, which say the same and cost less. */
export const DEFAULT_STATUS_OBJECTS_OPTIONS = {
  gatherMs: 2_000,
  paceMs: 200,
  retryMs: 1_000,
  retryMaxMs: 60_000,
  absentForMs: 60_000,
} satisfies Partial<StatusObjectsOptions>;

/** One group in which the kind may be installed. */
export interface StatusGroup {
  readonly type: ResourceType;
  readonly objects: Informer<ConfigObject>;
}

export interface StatusObjectsDependencies {
  readonly groups: readonly StatusGroup[];
  readonly store: StatusObjectStore;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  /** What is to be said of a Service, node by node, in the words of a group; undefined: nothing can be said yet. */
  readonly statusesOf: (serviceKey: string, type: ResourceType) => readonly NodeStatus[] | undefined;
  readonly onChange: (listener: (serviceKey: string) => void) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Keeps the objects that say of each Service which node announces it: one for each node and each group whose kind is
 * installed. What differs is written; what an earlier leader left behind, or somebody took away, is put right.
 */
export class StatusObjects {
  readonly #options: StatusObjectsOptions;
  readonly #dependencies: StatusObjectsDependencies;
  readonly #keys: PacedKeys;
  readonly #writes: Counter<'kind' | 'result'>;
  /** Names of the objects of each Service, by group and Service. BOUNDED: by the objects that there are. */
  readonly #present = new Map<string, Set<string>>();
  /** By group whose kind is not installed: the Services that wait for it. BOUNDED: by the groups and the Services. */
  readonly #absent = new Map<string, { readonly waiting: Set<string>; readonly timer: Timer }>();

  constructor(
    options: Pick<StatusObjectsOptions, 'namespace' | 'prefix'> & Partial<StatusObjectsOptions>,
    dependencies: StatusObjectsDependencies,
  ) {
    this.#options = { ...DEFAULT_STATUS_OBJECTS_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#writes = dependencies.metrics.counter(ANNOUNCED_WRITES);
    this.#keys = new PacedKeys(this.#options, { ...dependencies, work: (key) => this.#bringUpToDate(key) });
  }

  /** Follows until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { groups, onChange } = this.#dependencies;
    onChange((key) => {
      if (!signal.aborted) this.#keys.add(key);
    });
    const stops = groups.map(({ type, objects }) => {
      for (const object of objects.list()) this.#note(type, object, true);
      return objects.onChange(({ before, after }) => {
        if (before !== undefined) this.#note(type, before, false);
        if (after !== undefined) this.#note(type, after, true);
      });
    });
    signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
      for (const { timer } of this.#absent.values()) timer.cancel();
      this.#keys.stop();
    });
  }

  /** An object is there, or not any more: whether it should be is looked at. */
  #note({ group }: ResourceType, { meta }: ConfigObject, isThere: boolean): void {
    const { [SERVICE_NAMESPACE_LABEL]: namespace, [SERVICE_NAME_LABEL]: name } = meta.labels;
    if (namespace === undefined || name === undefined || meta.namespace !== this.#options.namespace) return;
    // Those of a MetalLB beside us have names that it drew by lot.
    if (!meta.name.startsWith(`${this.#options.prefix}-`) || meta.labels[MANAGED_BY_LABEL] !== MANAGER) return;
    const key = `${group} ${namespace}/${name}`;
    const names = this.#present.get(key) ?? new Set();
    if (isThere) names.add(meta.name);
    else names.delete(meta.name);
    if (names.size > 0) this.#present.set(key, names);
    else this.#present.delete(key);
    this.#keys.add(`${namespace}/${name}`);
  }

  async #bringUpToDate(serviceKey: string): Promise<'done' | 'unchanged' | 'failed'> {
    let result: 'done' | 'unchanged' | 'failed' = 'unchanged';
    for (const group of this.#dependencies.groups) {
      try {
        if ((await this.#groupUpToDate(serviceKey, group)) && result === 'unchanged') result = 'done';
      } catch (error) {
        this.#writes.add({ kind: group.type.kind, result: 'error' });
        this.#dependencies.log.warn('status-object-not-written', {
          service: serviceKey,
          group: group.type.group,
          error: String(error),
        });
        result = 'failed';
      }
    }
    return result;
  }

  /** True when something was written. */
  async #groupUpToDate(serviceKey: string, { type, objects }: StatusGroup): Promise<boolean> {
    const { store, nodes, statusesOf } = this.#dependencies;
    const statuses = statusesOf(serviceKey, type);
    if (statuses === undefined) return false;
    const absent = this.#absent.get(type.group);
    if (absent !== undefined) {
      absent.waiting.add(serviceKey);
      return false;
    }
    const wanted = new Map(
      statuses.map((one) => {
        const object = statusObject(serviceKey, one, { ...this.#options, node: nodes.get(one.node) });
        return [object.ref.name, object] as const;
      }),
    );
    const { namespace } = this.#options;
    let written = false;
    for (const name of [...(this.#present.get(`${type.group} ${serviceKey}`) ?? [])]) {
      if (wanted.has(name)) continue;
      await store.delete(type, { namespace, name });
      written = this.#wrote(type);
    }
    for (const [name, object] of wanted) {
      const present = objects.get(`${namespace}/${name}`);
      if (present !== undefined && sameStatus(present.status, object.status)) continue;
      if (present !== undefined) await store.patchStatus(type, object);
      else if (!(await this.#create(type, object))) return this.#miss(type, serviceKey);
      written = this.#wrote(type);
    }
    return written;
  }

  /** False when the kind is not installed. */
  async #create(type: ResourceType, object: ReturnType<typeof statusObject>): Promise<boolean> {
    const { store } = this.#dependencies;
    try {
      await store.create(type, object);
    } catch (error) {
      if (isApiError(error, 'not-found')) return false;
      if (!isApiError(error, 'already-exists')) throw error;
      await store.patchStatus(type, object);
    }
    return true;
  }

  /** There is nobody who would look: the Service, and those that follow, wait until the kind may be there. */
  #miss({ group }: ResourceType, serviceKey: string): false {
    const timer = this.#dependencies.timers.start(this.#options.absentForMs, () => {
      const waiting = this.#absent.get(group)?.waiting ?? [];
      this.#absent.delete(group);
      for (const key of waiting) this.#keys.add(key);
    });
    this.#absent.set(group, { waiting: new Set([serviceKey]), timer });
    return false;
  }

  #wrote({ kind }: ResourceType): true {
    this.#writes.add({ kind, result: 'ok' });
    return true;
  }
}

/** What an API server prunes of it, since its kind does not know the field, is no difference. */
function sameStatus(present: unknown, wanted: object): boolean {
  if (typeof present !== 'object' || present === null) return false;
  const known = Object.fromEntries(Object.keys(wanted).map((key) => [key, Reflect.get(present, key)]));
  return canonicalText(known) === canonicalText(wanted);
}
