import type { ForeignEntry } from '../../core/config/assemble.ts';
import type { LegacySource } from '../../core/config/legacy/entry.ts';
import { foreignEntries, isSound, problemsOf, wholeTextEntry } from '../../core/config/legacy/foreign-entries.ts';
import { decodeLegacyText } from '../../core/config/legacy/legacy-config.ts';
import type { PositionedProblem } from '../../core/config/legacy/positioned-problem.ts';
import type { YamlParser } from '../../core/config/legacy/yaml-node.ts';
import type { Informer } from '../../ports/informer.ts';
import { keyOf, type ObjectRef } from '../../ports/kubernetes.ts';
import type { ConfigMap } from '../../ports/stores.ts';

export interface LegacyConfigMapDependencies {
  /** Of this one ConfigMap. */
  readonly configMaps: Informer<ConfigMap>;
  readonly parse: YamlParser;
}

/** The key of the ConfigMap that holds the configuration. @see MetalLB 0.12 */
const KEY = 'config';

const STAYS = 'what was written before stays in force until this is put right or the controller restarts';

/**
 * The configuration that a ConfigMap of MetalLB before 0.13 says. While its text is wrong, or the ConfigMap is away (as
 * within `kubectl replace --force`), the last sound text stays in force; at a start with a wrong one, its sound parts are.
 */
export class LegacyConfigMap {
  readonly #ref: ObjectRef;
  readonly #dependencies: LegacyConfigMapDependencies;
  #seen: ConfigMap | undefined;
  #sound: readonly ForeignEntry[] | undefined;
  #entries: readonly ForeignEntry[] | undefined;

  constructor(ref: ObjectRef, dependencies: LegacyConfigMapDependencies) {
    this.#ref = ref;
    this.#dependencies = dependencies;
  }

  get informer(): Informer<ConfigMap> {
    return this.#dependencies.configMaps;
  }

  entries(): readonly ForeignEntry[] {
    const present = this.#dependencies.configMaps.get(keyOf(this.#ref));
    if (this.#entries !== undefined && present === this.#seen) return this.#entries;
    this.#seen = present;
    this.#entries = this.#read(present);
    return this.#entries;
  }

  #read(configMap: ConfigMap | undefined): readonly ForeignEntry[] {
    const source = {
      ...this.#ref,
      uid: configMap?.meta.uid ?? '',
      creationTimestamp: configMap?.meta.creationTimestamp ?? '',
    };
    const text = configMap?.data[KEY];
    if (text === undefined) return this.#withSound([missing(configMap)], source);
    const config = decodeLegacyText(text, this.#dependencies.parse(text), { source, names: 'as-written' });
    if (!isSound(config) && this.#sound !== undefined) return this.#withSound(problemsOf(config), source);
    const entries = foreignEntries(config, source);
    if (isSound(config)) this.#sound = entries;
    return entries;
  }

  #withSound(problems: readonly PositionedProblem[], source: LegacySource): readonly ForeignEntry[] {
    const sound = this.#sound ?? [];
    const told = problems.map((problem, at) =>
      sound.length > 0 && at === problems.length - 1
        ? { ...problem, message: `${problem.message}; ${STAYS}` }
        : problem,
    );
    return [wholeTextEntry(told, source), ...sound];
  }
}

function missing(configMap: ConfigMap | undefined): PositionedProblem {
  if (configMap === undefined) {
    return {
      field: 'metadata.name',
      value: undefined,
      message: 'there is no such ConfigMap; create it, or start the controller without --legacy-config',
    };
  }
  const keys = Object.keys(configMap.data);
  return { field: 'data', value: keys, message: `has no key "${KEY}"; write the configuration under "${KEY}: |"` };
}
