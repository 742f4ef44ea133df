import { sameOrigin } from '../../core/config/origin.ts';
import type { BgpSessionReport } from '../../ports/bgp-channel.ts';
import type { EventSink, KubernetesEvent } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { ConfigSource } from '../configuration/config-source.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { SessionBook, SessionNews } from './session-book.ts';

export interface SessionEventsDependencies {
  readonly config: Pick<ConfigSource, 'current'>;
  readonly configuration: Pick<Configuration, 'assessed'>;
  readonly book: SessionBook;
  readonly events: EventSink;
  readonly log: Log;
}

/** Tells on each BGPPeer when a session with it comes up or goes down, by node. */
export class SessionEvents {
  readonly #dependencies: SessionEventsDependencies;

  constructor(dependencies: SessionEventsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#dependencies.book.onChange((news) => {
      if (!signal.aborted) for (const one of news) this.#tell(one);
    });
  }

  #tell({ nodeName, peerName, before, after }: SessionNews): void {
    const event = newsOf(nodeName, before, after);
    if (event === undefined) return;
    const { log, events } = this.#dependencies;
    if (event.type === 'Normal') log.info('bgp-session-up', { node: nodeName, peer: peerName });
    else log.warn('bgp-session-down', { node: nodeName, peer: peerName, error: after?.lastError ?? '' });
    const object = this.#objectOf(peerName);
    if (object !== undefined) events.record(object, event);
  }

  /** A peer of the legacy ConfigMap has no object of its own. */
  #objectOf(peerName: string): Parameters<EventSink['record']>[0] | undefined {
    const { config, configuration } = this.#dependencies;
    const peer = config.current().bgpPeers.find(({ name }) => name === peerName);
    if (peer === undefined) return undefined;
    const found = configuration.assessed().find(({ verdict }) => sameOrigin(verdict.origin, peer.origin));
    if (found === undefined) return undefined;
    const { apiVersion, kind, meta } = found.object;
    return { apiVersion, kind, namespace: meta.namespace, name: meta.name, uid: meta.uid };
  }
}

/**
 * Undefined for what is no news: a session on its way, or one whose speaker is not heard any more; what is not heard of may
 * well stand. A session that was never up and cannot be is told once, with its first error.
 */
function newsOf(
  nodeName: string,
  before: BgpSessionReport | undefined,
  after: BgpSessionReport | undefined,
): KubernetesEvent | undefined {
  if (after === undefined) return undefined;
  const [was, is] = [before?.state === 'established', after.state === 'established'];
  if (is) {
    if (was) return undefined;
    const message = `Session with node "${nodeName}" is established`;
    return { type: 'Normal', reason: 'SessionUp', message };
  }
  const failsAnew = after.lastError !== '' && after.lastError !== before?.lastError;
  if (!was && !failsAnew) return undefined;
  const why = after.lastError === '' ? '' : `: ${after.lastError}`;
  const message = was
    ? `Session with node "${nodeName}" is down${why}`
    : `Session with node "${nodeName}" does not come up${why}`;
  return { type: 'Warning', reason: 'SessionDown', message };
}
