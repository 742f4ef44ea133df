import type { EventSink } from '../../ports/kubernetes.ts';
import type { Configuration } from './configuration.ts';
import type { LegacyConfigMap } from './legacy-config-map.ts';

/** An event has room for 1,024 characters. */
const MESSAGE_MAX = 1_000;

/** Tells people on the legacy ConfigMap, which has no status, what of it is not in force. On the leader only. */
export class LegacyConfigEvents {
  readonly #dependencies: {
    readonly configuration: Pick<Configuration, 'onAssessment' | 'verdicts'>;
    readonly legacy: LegacyConfigMap;
    readonly events: EventSink;
  };
  #told = '';

  constructor(dependencies: {
    readonly configuration: Pick<Configuration, 'onAssessment' | 'verdicts'>;
    readonly legacy: LegacyConfigMap;
    readonly events: EventSink;
  }) {
    this.#dependencies = dependencies;
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    const stop = this.#dependencies.configuration.onAssessment(() => this.#tell());
    signal.addEventListener('abort', stop, { once: true });
    this.#tell();
  }

  #tell(): void {
    const { configuration, legacy, events } = this.#dependencies;
    const [configMap] = legacy.informer.list();
    if (configMap === undefined) return;
    const message = configuration
      .verdicts()
      .filter(({ origin, valid }) => origin.kind === 'ConfigMap' && !valid)
      .map((verdict) => verdict.message)
      .join(' ');
    if (message === this.#told) return;
    this.#told = message;
    const { namespace, name, uid } = configMap.meta;
    events.record(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid },
      message === ''
        ? { type: 'Normal', reason: 'InForce', message: 'All of it is in force' }
        : { type: 'Warning', reason: 'Invalid', message: message.slice(0, MESSAGE_MAX) },
    );
  }
}
