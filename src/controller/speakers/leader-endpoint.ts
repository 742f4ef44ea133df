import { messageOf } from '../../ports/error-message.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.ts';
import type { EndpointSliceStore, OwnedEndpointSlice } from '../../ports/stores.ts';
import type { Timers } from '../../ports/time.ts';

export interface LeaderEndpointOptions {
  readonly namespace: string;
  /** The Service without selector; the slice has its name too. */
  readonly serviceName: string;
  readonly portName: string;
  readonly port: number;
  /** Of this Pod. */
  readonly address: string;
  readonly podName: string;
  readonly nodeName: string;
  /** Pause after a failure, and between two repairs of what others did to it. */
  readonly retryMs: number;
  readonly repairMs: number;
}

export const DEFAULT_LEADER_ENDPOINT_OPTIONS = {
  portName: 'speakers',
  retryMs: 500,
  repairMs: 30_000,
} satisfies Partial<LeaderEndpointOptions>;

export interface LeaderEndpointDependencies {
  readonly store: EndpointSliceStore;
  readonly timers: Timers;
  readonly log: Log;
}

/**
 * Points the speakers' Service to this replica for as long as it leads. When it ends, the slice stays: the next leader
 * overwrites it, and until then a speaker that dials is told `not-leader` or is refused by the kernel, which costs nothing.
 */
export class LeaderEndpoint {
  readonly #options: LeaderEndpointOptions;
  readonly #dependencies: LeaderEndpointDependencies;

  constructor(
    options: Omit<LeaderEndpointOptions, keyof typeof DEFAULT_LEADER_ENDPOINT_OPTIONS> & Partial<LeaderEndpointOptions>,
    dependencies: LeaderEndpointDependencies,
  ) {
    this.#options = { ...DEFAULT_LEADER_ENDPOINT_OPTIONS, ...options };
    this.#dependencies = dependencies;
  }

  /** Writes and repairs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { retryMs, repairMs } = this.#options;
    let failing = false;
    while (!signal.aborted) {
      const error = await this.#write(signal);
      if (error !== undefined && !failing) this.#dependencies.log.warn('leader-endpoint-failed', { error });
      failing = error !== undefined;
      await pause(failing ? retryMs : repairMs, this.#dependencies.timers, signal);
    }
  }

  /** What went wrong, if anything did. */
  async #write(signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#dependencies.store.put(this.#slice(), signal);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  #slice(): OwnedEndpointSlice {
    const { namespace, serviceName, portName, port, address, podName, nodeName } = this.#options;
    return {
      ref: { namespace, name: serviceName },
      serviceName,
      managedBy: 'heraldlb-controller',
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [address], ready: true, nodeName, pod: { namespace, name: podName } }],
      ports: [{ name: portName, protocol: 'TCP', port }],
    };
  }
}
