import { canonicalText } from '../../core/config/same-value.ts';
import { isApiError } from '../../ports/api-error.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { ConfigObject } from '../../ports/informer.ts';
import { type EventSink, keyOf } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { ConfigObjectStore } from '../../ports/stores.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { PeerStatusSource, PoolUsageSource } from './config-source.ts';
import type { AssessedObject, Configuration } from './configuration.ts';
import {
  conditionsOf,
  type DesiredStatus,
  desiredStatus,
  namesInForce,
  saysAlready,
  statusPatch,
  VALID,
} from './desired-status.ts';
import { configStatusWrites } from './metrics.ts';

export interface StatusWriterOptions {
  /** How long changes are gathered before they are written. */
  readonly gatherMs: number;
  /** The pause after a failed write; it doubles up to `retryMaxMs`. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

export const DEFAULT_STATUS_WRITER_OPTIONS: StatusWriterOptions = {
  gatherMs: 500,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
};

export interface StatusWriterDependencies {
  readonly configuration: Pick<Configuration, 'assessed' | 'current' | 'onAssessment' | 'ready'>;
  readonly store: ConfigObjectStore;
  readonly usage: PoolUsageSource;
  readonly peers: PeerStatusSource;
  readonly events: EventSink;
  readonly time: Clock & Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What was written last, and to which state of the object. */
interface LastWrite {
  readonly desired: string;
  readonly resourceVersion: string;
  /** Writes of the same status that did not take: where a CRD does not know a field, none ever will. */
  readonly attempts: number;
}

const ATTEMPTS_MAX = 3;

/** Keeps the status of the configuration objects true: who is in force, and how full the pools are. On the leader only. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #dependencies: StatusWriterDependencies;
  /** By uid. BOUNDED: by the objects that are there; others are forgotten with each pass. */
  #written = new Map<string, LastWrite>();
  /** Kinds whose CRD drops part of a status. BOUNDED: by the kinds. */
  readonly #pruned = new Set<string>();
  #signal: AbortSignal | undefined;
  #timer: Timer | undefined;
  #writing = false;
  #wanted = false;
  #retryMs: number;

  constructor(options: StatusWriterOptions, dependencies: StatusWriterDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#retryMs = options.retryMinMs;
  }

  /** Writes from now on until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    const stop = this.#dependencies.configuration.onAssessment(() => this.changed());
    signal.addEventListener('abort', () => this.#stop(stop), { once: true });
    this.changed();
  }

  /** To be called when the usage of some pool, or the sessions of some peer, may have changed: cheap, however often. */
  changed(): void {
    this.#passIn(this.#options.gatherMs);
  }

  #stop(stop: () => void): void {
    stop();
    this.#timer?.cancel();
  }

  #passIn(delayMs: number): void {
    const { configuration, time } = this.#dependencies;
    if (this.#signal === undefined || this.#signal.aborted || !configuration.ready()) return;
    this.#wanted = true;
    if (this.#writing || this.#timer !== undefined) return;
    this.#timer = time.start(delayMs, () => {
      this.#timer = undefined;
      void this.#pass();
    });
  }

  async #pass(): Promise<void> {
    this.#writing = true;
    this.#wanted = false;
    const { configuration, usage, peers, time } = this.#dependencies;
    const facts = { names: namesInForce(configuration.current()), usage, peers, now: time.wallTime() };
    const assessed = configuration.assessed();
    const present = new Set(assessed.map(({ object }) => object.meta.uid));
    this.#written = new Map([...this.#written].filter(([uid]) => present.has(uid)));
    let failed = false;
    for (const each of assessed) {
      if (this.#signal?.aborted) break;
      failed = !(await this.#bringUpToDate(each, desiredStatus(each, facts))) || failed;
    }
    this.#writing = false;
    this.#retryMs = failed ? Math.min(this.#retryMs * 2, this.#options.retryMaxMs) : this.#options.retryMinMs;
    if (failed) this.#passIn(this.#retryMs);
    else if (this.#isWanted()) this.#passIn(this.#options.gatherMs);
  }

  /** Whether a change came while the pass ran. */
  #isWanted(): boolean {
    return this.#wanted;
  }

  /** False when the write failed in a way that time may heal. */
  async #bringUpToDate(assessed: AssessedObject, desired: DesiredStatus): Promise<boolean> {
    const { uid, resourceVersion } = assessed.object.meta;
    if (saysAlready(assessed.object.status, desired)) {
      this.#written.delete(uid);
      return true;
    }
    const last = this.#written.get(uid);
    const text = canonicalText({ ...desired, conditions: desired.conditions.map(withoutTime) });
    const again = last?.desired === text;
    if (again && (last.resourceVersion === resourceVersion || last.attempts >= ATTEMPTS_MAX)) return true;
    const attempts = again ? last.attempts + 1 : 1;
    if (!(await this.#write(assessed, desired))) return false;
    this.#written.set(uid, { desired: text, resourceVersion, attempts });
    if (attempts === 1) this.#tell(assessed, desired);
    return true;
  }

  async #write({ object }: AssessedObject, desired: DesiredStatus): Promise<boolean> {
    const { store, log, metrics } = this.#dependencies;
    const writes = metrics.counter(configStatusWrites);
    try {
      const kept = await store.patchStatus(object, statusPatch(object.status, desired), this.#signal);
      writes.add({ result: 'ok' });
      if (!saysAlready(kept, desired)) this.#tellOfCrd(object);
      return true;
    } catch (error) {
      if (this.#signal?.aborted || isApiError(error, 'not-found')) return true;
      writes.add({ result: 'error' });
      const { kind, meta } = object;
      const message = messageOf(error);
      log.warn('config-status-not-written', { object: `${kind} ${keyOf(meta)}`, message });
      return false;
    }
  }

  /** Once for each kind. MetalLB's own CRDs know no conditions, and are right as they are. */
  #tellOfCrd({ apiVersion, kind }: ConfigObject): void {
    const type = `${apiVersion} ${kind}`;
    if (this.#pruned.has(type)) return;
    this.#pruned.add(type);
    const group = apiVersion.split('/')[0] ?? '';
    this.#dependencies.log.warn('crd-differs', {
      kind: type,
      message: `the installed CustomResourceDefinition does not keep all that a status says: it is of another version of HeraldLB, or MetalLB's. Everything works but what it does not know. Its present form: kubectl apply -k manifests/crds/${group}`,
    });
  }

  /** An event where an object goes out of force, changes the reason, or comes back. */
  #tell({ object, verdict }: AssessedObject, { conditions }: DesiredStatus): void {
    const before = conditionsOf(object.status).find(({ type }) => type === VALID);
    const after = conditions.find(({ type }) => type === VALID);
    if (after === undefined || (after.status === 'True' && before?.status !== 'False')) return;
    if (after.status === 'False' && before?.status === 'False' && before.message === after.message) return;
    const { namespace, name, uid } = object.meta;
    const { message } = after;
    // Of an object that is right by itself, only a Secret that it names can be missing.
    const reason = verdict.valid ? 'ReferenceMissing' : verdict.reason;
    this.#dependencies.events.record(
      { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid },
      after.status === 'True' ? { type: 'Normal', reason: 'InForce', message } : { type: 'Warning', reason, message },
    );
  }
}

function withoutTime(condition: DesiredStatus['conditions'][number]): unknown {
  return { ...condition, lastTransitionTime: undefined };
}
