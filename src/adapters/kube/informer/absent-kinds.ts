import { isApiError } from '../../../ports/api-error.ts';
import type { ResourceType } from '../../../ports/informer.ts';
import { pause } from '../../../ports/pause.ts';
import type { Random, Timers } from '../../../ports/time.ts';
import type { ApiClient } from '../http/api-client.ts';

/** How often a group version is asked for: seldom enough to cost nothing, soon enough for who applies CRDs and then waits. */
const PERIOD_MS = 3_000;

export interface AbsentKindsDependencies {
  readonly client: ApiClient;
  readonly timers: Timers;
  readonly random: Random;
}

/**
 * Waits for kinds whose CustomResourceDefinition is not installed. However many kinds of a group version are waited for,
 * one small discovery request a period asks for all of them.
 */
export class AbsentKinds {
  readonly #dependencies: AbsentKindsDependencies;
  /** Discovery under way. BOUNDED: by the group versions that the program reads. */
  readonly #rounds = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(dependencies: AbsentKindsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Resolves when the API serves `type`. Rejects with the signal's reason when that aborts first. */
  async appeared(type: ResourceType, signal: AbortSignal): Promise<void> {
    do await this.#pause(signal);
    while (!(await this.#round(type, signal)).has(type.plural));
  }

  /** One discovery request, shared by all who wait in the same period. */
  async #round(type: ResourceType, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const groupVersion = `${type.group}/${type.version}`;
    const running = this.#rounds.get(groupVersion);
    if (running !== undefined) return await running;
    const round = this.#served(type, signal);
    this.#rounds.set(groupVersion, round);
    this.#dependencies.timers.start(PERIOD_MS / 2, () => this.#rounds.delete(groupVersion));
    return await round;
  }

  /** What a group version serves; nothing as well when the API server cannot say. */
  async #served({ group, version }: ResourceType, signal: AbortSignal): Promise<ReadonlySet<string>> {
    try {
      return await this.#dependencies.client.resources(group, version, signal);
    } catch (error) {
      if (isApiError(error)) return new Set();
      throw error;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await pause(PERIOD_MS * (1 - this.#dependencies.random.next() / 4), this.#dependencies.timers, signal);
    signal.throwIfAborted();
  }
}
