import type { ConfigSource } from '../../src/controller/configuration/config-source.ts';
import { type Config, EMPTY_CONFIG } from '../../src/core/config/config.ts';

/** A configuration that a test writes. */
export class SettableConfig implements ConfigSource {
  #config: Config = EMPTY_CONFIG;
  readonly #listeners = new Set<(config: Config, previous: Config) => void>();

  current(): Config {
    return this.#config;
  }

  onChange(listener: (config: Config, previous: Config) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(fields: Partial<Config>): void {
    const previous = this.#config;
    this.#config = { ...previous, ...fields };
    for (const listener of this.#listeners) listener(this.#config, previous);
  }
}
