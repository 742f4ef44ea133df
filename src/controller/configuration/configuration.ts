import { type Assembly, assemble } from '../../core/config/assemble.ts';
import { type Config, EMPTY_CONFIG } from '../../core/config/config.ts';
import type { Decoded } from '../../core/config/decoded.ts';
import { sameValue } from '../../core/config/same-value.ts';
import { describeOrigin } from '../../core/config/source.ts';
import type { Verdict } from '../../core/config/verdict.ts';
import type { ConfigObject, Informer } from '../../ports/informer.ts';
import type { Namespace } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { ClusterAddresses } from './cluster-addresses.ts';
import type { SettlingConfig } from './config-source.ts';
import type { LegacyConfigMap } from './legacy-config-map.ts';
import { LingeringObjects } from './lingering-objects.ts';
import { configLoaded, configObjects, configRead, configStale } from './metrics.ts';

export interface ConfigurationOptions {
  /** Namespaces whose objects count; `*` among them counts all. */
  readonly namespaces: readonly string[];
  /** From flags: they are in force before any object. */
  readonly fixed: readonly Decoded[];
}

export interface ConfigurationDependencies {
  /** One for each of CONFIG_RESOURCES, over all namespaces. Where a CRD is absent, its informer is synced and empty. */
  readonly objects: readonly Informer<ConfigObject>[];
  readonly namespaces: Informer<Namespace>;
  /** Absent: no ConfigMap is asked for. */
  readonly legacy?: LegacyConfigMap;
  /** Absent: nothing is known of the cluster's own addresses. */
  readonly clusterAddresses?: ClusterAddresses;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** An object with what was decided about it. */
export interface AssessedObject {
  readonly object: ConfigObject;
  readonly verdict: Verdict;
}

/** One `kubectl apply` brings several objects: they are looked at together. */
const GATHER_MS = 20;

/** The configuration that the objects of both groups make, followed from now on. */
export class Configuration implements SettlingConfig {
  readonly #options: ConfigurationOptions;
  readonly #dependencies: ConfigurationDependencies;
  /** BOUNDED: by the parts of the controller that follow the configuration. */
  readonly #listeners = new Set<(config: Config, previous: Config) => void>();
  /** BOUNDED: as #listeners. */
  readonly #assessmentListeners = new Set<() => void>();
  readonly #lingering: LingeringObjects;
  #assembly: Assembly | undefined;
  #assessed: readonly AssessedObject[] = [];
  #gathering: { readonly timer: Timer; readonly over: PromiseWithResolvers<void> } | undefined;

  constructor(options: ConfigurationOptions, dependencies: ConfigurationDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    for (const definition of [configRead, configLoaded]) dependencies.metrics.gauge(definition).set({}, 0);
    this.#lingering = new LingeringObjects(dependencies.timers, () => this.#reassemble());
  }

  /** Resolves when the first full load is in force. Rejects only when `signal` aborts before. */
  async start(signal: AbortSignal): Promise<void> {
    const { objects, namespaces, legacy, clusterAddresses } = this.#dependencies;
    const ofLegacy = legacy === undefined ? [] : [legacy.informer];
    const informers: readonly Informer<unknown>[] = [...objects, namespaces, ...ofLegacy];
    const changed = (): void => this.#changed(signal);
    const stops = informers.map((informer) => informer.onChange(changed));
    if (clusterAddresses !== undefined) stops.push(clusterAddresses.onChange(changed));
    signal.addEventListener('abort', () => this.#stop(stops), { once: true });
    await Promise.all([
      ...informers.map((informer) => informer.synced(signal)),
      clusterAddresses?.synced(signal) ?? Promise.resolve(),
    ]);
    this.#reassemble();
  }

  /** True once the first full load is done. */
  ready(): boolean {
    return this.#assembly !== undefined;
  }

  current(): Config {
    return this.#assembly?.config ?? EMPTY_CONFIG;
  }

  settled(): Promise<void> {
    return this.#gathering?.over.promise ?? Promise.resolve();
  }

  onChange(listener: (config: Config, previous: Config) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every object of our kinds that is there, in force or not. */
  assessed(): readonly AssessedObject[] {
    return this.#assessed;
  }

  /** Of every object, of the parts of the legacy ConfigMap, and of flags that cannot be in force. */
  verdicts(): readonly Verdict[] {
    return this.#assembly?.verdicts ?? [];
  }

  /** Told after every look at the objects, also when the configuration in force is the same. */
  onAssessment(listener: () => void): () => void {
    this.#assessmentListeners.add(listener);
    return () => this.#assessmentListeners.delete(listener);
  }

  #stop(stops: readonly (() => void)[]): void {
    this.#gathering?.timer.cancel();
    this.#gathering?.over.resolve();
    this.#gathering = undefined;
    this.#lingering.stop();
    for (const stop of stops) stop();
  }

  #changed(signal: AbortSignal): void {
    if (this.#assembly === undefined || this.#gathering !== undefined || signal.aborted) return;
    const over = Promise.withResolvers<void>();
    const timer = this.#dependencies.timers.start(GATHER_MS, () => {
      this.#gathering = undefined;
      this.#reassemble();
      over.resolve();
    });
    this.#gathering = { timer, over };
  }

  #reassemble(): void {
    const objects = this.#dependencies.objects.flatMap((informer) => informer.list());
    const { namespaces, fixed } = this.#options;
    const { legacy, clusterAddresses } = this.#dependencies;
    const before = this.#assembly;
    const after = assemble(
      {
        objects,
        lingering: this.#lingering.beside(objects, before?.inForce ?? new Map()),
        fixed,
        ...(legacy === undefined ? {} : { entries: legacy.entries() }),
        ...(clusterAddresses === undefined ? {} : { clusterRanges: clusterAddresses.ranges() }),
        namespaces: this.#dependencies.namespaces.list().map(({ meta }) => ({ name: meta.name, labels: meta.labels })),
        reads: (namespace) => namespaces.includes('*') || namespaces.includes(namespace),
      },
      before,
    );
    this.#assembly = after;
    const verdicts = new Map(after.verdicts.map((verdict) => [verdict.uid, verdict]));
    this.#assessed = objects.flatMap((object) => {
      const verdict = verdicts.get(object.meta.uid);
      return verdict === undefined ? [] : [{ object, verdict }];
    });
    const previous = before?.config ?? EMPTY_CONFIG;
    const isOther = !sameValue(after.config, previous);
    this.#report(after, before);
    if (before === undefined || isOther) this.#reportConfig(after.config);
    if (isOther) for (const listener of [...this.#listeners]) listener(after.config, previous);
    for (const listener of [...this.#assessmentListeners]) listener();
  }

  #report(after: Assembly, before: Assembly | undefined): void {
    const { log, metrics } = this.#dependencies;
    const known = new Map(before?.verdicts.map((verdict) => [verdict.uid, verdict]));
    for (const verdict of after.verdicts) {
      if (verdict.valid || known.get(verdict.uid)?.message === verdict.message) continue;
      const { reason, message } = verdict;
      log.warn('config-object-not-in-force', { object: describeOrigin(verdict.origin), reason, message });
    }
    const kinds = new Set([...after.verdicts, ...(before?.verdicts ?? [])].map(({ origin }) => origin.kind));
    const gauge = metrics.gauge(configObjects);
    for (const kind of kinds) {
      for (const valid of [true, false]) {
        const count = after.verdicts.filter(
          (verdict) => verdict.origin.kind === kind && verdict.valid === valid,
        ).length;
        gauge.set({ kind, valid: String(valid) }, count);
      }
    }
    for (const definition of [configRead, configLoaded]) metrics.gauge(definition).set({}, 1);
    metrics.gauge(configStale).set({}, after.verdicts.every(({ valid }) => valid) ? 0 : 1);
  }

  #reportConfig({ pools, l2Advertisements, bgpAdvertisements, bgpPeers }: Config): void {
    this.#dependencies.log.info('config-in-force', {
      pools: pools.map(({ name }) => name),
      l2Advertisements: l2Advertisements.length,
      bgpAdvertisements: bgpAdvertisements.length,
      bgpPeers: bgpPeers.length,
    });
  }
}
