import { canonicalText } from '../../core/config/same-value.ts';
import { isApiError } from '../../ports/api-error.ts';
import type { ConfigObject, Informer, ResourceType } from '../../ports/informer.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { StatusObject, StatusObjectStore } from '../../ports/stores.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { ANNOUNCED_WRITES } from './metrics.ts';
import { PacedKeys, type PacedKeysOptions } from './paced-keys.ts';

export interface KeptObjectsOptions extends PacedKeysOptions {
  /** Where the objects are. */
  readonly namespace: string;
  /** Where a kind is not installed, how long until that is looked at again. */
  readonly absentForMs: number;
}

/** Half as fast as conditions, which say the same and cost less. */
export const DEFAULT_KEPT_OBJECTS_OPTIONS = {
  gatherMs: 2_000,
  paceMs: 200,
  retryMs: 1_000,
  retryMaxMs: 60_000,
  absentForMs: 60_000,
} satisfies Partial<KeptObjectsOptions>;

/** One group in which the kind may be installed. */
export interface StatusGroup {
  readonly type: ResourceType;
  readonly objects: Informer<ConfigObject>;
}

export interface KeptObjectsDependencies {
  readonly groups: readonly StatusGroup[];
  readonly store: StatusObjectStore;
  /** The objects that a subject is to have in a group; undefined: nothing can be said yet. */
  readonly objectsOf: (subject: string, group: StatusGroup) => readonly StatusObject[] | undefined;
  /** The subject of an object that is there; undefined: it is none of ours. */
  readonly subjectOf: (object: ConfigObject) => string | undefined;
  readonly onChange: (listener: (subject: string) => void) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Keeps objects that only say how things are, in each group whose kind is installed. What differs is written; what an earlier
 * leader left behind, or somebody took away, is put right.
 */
export class KeptObjects {
  readonly #options: KeptObjectsOptions;
  readonly #dependencies: KeptObjectsDependencies;
  readonly #keys: PacedKeys;
  readonly #writes: Counter<'kind' | 'result'>;
  /** Names of the objects of each subject, by group and subject. BOUNDED: by the objects that there are. */
  readonly #present = new Map<string, Set<string>>();
  /** By group whose kind is not installed: the subjects that wait for it. BOUNDED: by the groups and the subjects. */
  readonly #absent = new Map<string, { readonly waiting: Set<string>; readonly timer: Timer }>();

  constructor(
    options: Pick<KeptObjectsOptions, 'namespace'> & Partial<KeptObjectsOptions>,
    dependencies: KeptObjectsDependencies,
  ) {
    this.#options = { ...DEFAULT_KEPT_OBJECTS_OPTIONS, ...options };
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
  #note({ group }: ResourceType, object: ConfigObject, isThere: boolean): void {
    const subject = this.#dependencies.subjectOf(object);
    if (subject === undefined) return;
    const key = `${group} ${subject}`;
    const names = this.#present.get(key) ?? new Set();
    if (isThere) names.add(object.meta.name);
    else names.delete(object.meta.name);
    if (names.size > 0) this.#present.set(key, names);
    else this.#present.delete(key);
    this.#keys.add(subject);
  }

  async #bringUpToDate(subject: string): Promise<'done' | 'unchanged' | 'failed'> {
    let result: 'done' | 'unchanged' | 'failed' = 'unchanged';
    for (const group of this.#dependencies.groups) {
      try {
        if ((await this.#groupUpToDate(subject, group)) && result === 'unchanged') result = 'done';
      } catch (error) {
        this.#writes.add({ kind: group.type.kind, result: 'error' });
        this.#dependencies.log.warn('status-object-not-written', {
          subject,
          group: group.type.group,
          error: String(error),
        });
        result = 'failed';
      }
    }
    return result;
  }

  /** True when something was written. */
  async #groupUpToDate(subject: string, group: StatusGroup): Promise<boolean> {
    const { store, objectsOf } = this.#dependencies;
    const { type, objects } = group;
    const wantedObjects = objectsOf(subject, group);
    if (wantedObjects === undefined) return false;
    const absent = this.#absent.get(type.group);
    if (absent !== undefined) {
      absent.waiting.add(subject);
      return false;
    }
    const wanted = new Map(wantedObjects.map((object) => [object.ref.name, object]));
    const { namespace } = this.#options;
    let written = false;
    for (const name of [...(this.#present.get(`${type.group} ${subject}`) ?? [])]) {
      if (wanted.has(name)) continue;
      await store.delete(type, { namespace, name });
      written = this.#wrote(type);
    }
    for (const [name, object] of wanted) {
      const present = objects.get(`${namespace}/${name}`);
      if (present !== undefined && sameStatus(present.status, object.status)) continue;
      if (present !== undefined) await store.patchStatus(type, object);
      else if (!(await this.#create(type, object))) return this.#miss(type, subject);
      written = this.#wrote(type);
    }
    return written;
  }

  /** False when the kind is not installed. */
  async #create(type: ResourceType, object: StatusObject): Promise<boolean> {
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

  /** There is nobody who would look: the subject, and those that follow, wait until the kind may be there. */
  #miss({ group }: ResourceType, subject: string): false {
    const timer = this.#dependencies.timers.start(this.#options.absentForMs, () => {
      const waiting = this.#absent.get(group)?.waiting ?? [];
      this.#absent.delete(group);
      for (const key of waiting) this.#keys.add(key);
    });
    this.#absent.set(group, { waiting: new Set([subject]), timer });
    return false;
  }

  #wrote({ kind }: ResourceType): true {
    this.#writes.add({ kind, result: 'ok' });
    return true;
  }
}

/** What an API server prunes of it, since its kind does not know the field, is no difference; null means absent. */
function sameStatus(present: unknown, wanted: object): boolean {
  if (typeof present !== 'object' || present === null) return false;
  const known = Object.fromEntries(Object.keys(wanted).map((key) => [key, Reflect.get(present, key) ?? null]));
  return canonicalText(known) === canonicalText(wanted);
}
