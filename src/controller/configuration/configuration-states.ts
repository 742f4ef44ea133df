import { canonicalText, sameValue } from '../../core/config/same-value.ts';
import type { ConfigObject, Informer } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';
import type { StatusObject } from '../../ports/stores.ts';
import type { Timer } from '../../ports/time.ts';
import {
  KeptObjects,
  type KeptObjectsDependencies,
  type KeptObjectsOptions,
  type StatusGroup,
} from '../announced/kept-objects.ts';
import { labelValue, MANAGED_BY_LABEL, MANAGER } from '../announced/status-object.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import type { PeerStatusSource } from './config-source.ts';
import type { Configuration } from './configuration.ts';
import {
  type ConfigurationErrors,
  conditionOf,
  configurationErrors,
  findingOf,
  linesFor,
  type StateFinding,
  unknownFinding,
} from './configuration-state.ts';
import { conditionsOf } from './desired-status.ts';

export interface ConfigurationStatesOptions extends KeptObjectsOptions {
  /** After a term began, how long of a speaker without a session nothing is said: it may be dialling. */
  readonly speakersWithinMs: number;
}

const SPEAKERS_WITHIN_MS = 10_000;
/** News of sessions comes by the thousand, and seldom says anything of a password. */
const PEERS_EVERY_MS = 1_000;

export interface ConfigurationStatesDependencies
  extends Omit<KeptObjectsDependencies, 'objectsOf' | 'subjectOf' | 'onChange'> {
  readonly configuration: Pick<Configuration, 'assessed' | 'current' | 'onAssessment' | 'verdicts'>;
  readonly peers: PeerStatusSource & { onChange(listener: () => void): void };
  readonly speakers: Pick<Speakers, 'alive' | 'listen' | 'speaker'>;
  readonly nodes: Informer<Node>;
}

// Names, labels and types of MetalLB 0.16, by which its tools and people find them.
const CONTROLLER = 'controller';
const SPEAKER_PREFIX = 'speaker-';
const COMPONENT_LABEL = 'metallb.io/component-type';
const NODE_NAME_LABEL = 'metallb.io/node-name';

/** Kubernetes takes no longer name of an object. */
const MAX_NAME_LENGTH = 253;

/**
 * Keeps MetalLB's ConfigurationState objects: one for the controller, and one for each node that has, or had, a speaker. They
 * say together what each object's own condition says of it.
 */
export class ConfigurationStates {
  readonly #namespace: string;
  readonly #speakersWithinMs: number;
  readonly #dependencies: ConfigurationStatesDependencies;
  readonly #kept: KeptObjects;
  /** Nodes that had a speaker in this term. BOUNDED: by the nodes of the cluster. */
  readonly #seen = new Set<string>();
  #tell: (subject: string) => void = () => undefined;
  #errors: ConfigurationErrors = { controller: [], speakers: [] };
  #settled = false;
  #peersDue: Timer | undefined;

  constructor(
    options: Pick<ConfigurationStatesOptions, 'namespace'> & Partial<ConfigurationStatesOptions>,
    dependencies: ConfigurationStatesDependencies,
  ) {
    this.#namespace = options.namespace;
    this.#speakersWithinMs = options.speakersWithinMs ?? SPEAKERS_WITHIN_MS;
    this.#dependencies = dependencies;
    this.#kept = new KeptObjects(options, {
      ...dependencies,
      objectsOf: (subject, group) => this.#objectsOf(subject, group),
      subjectOf: ({ meta }) => (meta.namespace === this.#namespace && isSubject(meta.name) ? meta.name : undefined),
      onChange: (listener) => {
        this.#tell = listener;
      },
    });
  }

  /** Follows until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { configuration, nodes, peers, timers } = this.#dependencies;
    this.#errors = this.#errorsNow();
    this.#kept.start(signal);
    const settling = timers.start(this.#speakersWithinMs, () => {
      this.#settled = true;
      this.#tellOfSpeakers();
    });
    const stops = [
      configuration.onAssessment(() => this.#review()),
      nodes.onChange((change) => this.#nodeChanged(change)),
    ];
    peers.onChange(() => {
      if (!signal.aborted) this.#reviewSoon();
    });
    this.#followSpeakers(signal);
    this.#tell(CONTROLLER);
    signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
      settling.cancel();
      this.#peersDue?.cancel();
    });
  }

  #followSpeakers(signal: AbortSignal): void {
    const { speakers } = this.#dependencies;
    const changed = (nodeName: string): void => {
      if (signal.aborted) return;
      if (speakers.speaker(nodeName)?.presence === 'connected') this.#seen.add(nodeName);
      this.#tell(`${SPEAKER_PREFIX}${nodeName}`);
    };
    const nothing = (): void => undefined;
    speakers.listen({
      speakerUp: changed,
      speakerDown: changed,
      presenceChanged: changed,
      interfacesChanged: nothing,
      claimsChanged: nothing,
      rejected: nothing,
    });
    for (const { nodeName } of speakers.alive()) changed(nodeName);
  }

  #nodeChanged({ key, before, after }: { readonly key: string; readonly before?: Node; readonly after?: Node }): void {
    if (after === undefined) this.#seen.delete(key);
    if (sameValue(before?.meta.labels, after?.meta.labels)) return;
    this.#tell(`${SPEAKER_PREFIX}${key}`);
  }

  #reviewSoon(): void {
    this.#peersDue ??= this.#dependencies.timers.start(PEERS_EVERY_MS, () => {
      this.#peersDue = undefined;
      this.#review();
    });
  }

  #review(): void {
    const before = this.#errors;
    this.#errors = this.#errorsNow();
    if (!sameValue(before.controller, this.#errors.controller)) this.#tell(CONTROLLER);
    if (canonicalText(before.speakers) !== canonicalText(this.#errors.speakers)) this.#tellOfSpeakers();
  }

  #tellOfSpeakers(): void {
    for (const { meta } of this.#dependencies.nodes.list()) this.#tell(`${SPEAKER_PREFIX}${meta.name}`);
  }

  #errorsNow(): ConfigurationErrors {
    const { configuration, peers } = this.#dependencies;
    return configurationErrors({
      config: configuration.current(),
      assessed: configuration.assessed(),
      verdicts: configuration.verdicts(),
      peers,
    });
  }

  #objectsOf(subject: string, { objects }: StatusGroup): readonly StatusObject[] | undefined {
    if (subject.length > MAX_NAME_LENGTH) return undefined;
    const present = objects.get(`${this.#namespace}/${subject}`);
    // A MetalLB beside us writes objects of these names: it keeps them for as long as it is there.
    if (present !== undefined && present.meta.labels[MANAGED_BY_LABEL] !== MANAGER) return undefined;
    if (subject === CONTROLLER) {
      return [this.#object(subject, { [COMPONENT_LABEL]: 'controller' }, findingOf(this.#errors.controller), present)];
    }
    const nodeName = subject.slice(SPEAKER_PREFIX.length);
    const node = this.#dependencies.nodes.get(nodeName);
    if (node === undefined) return [];
    const finding = this.#speakerFinding(node, present !== undefined);
    if (finding === undefined) return undefined;
    const labels = { [COMPONENT_LABEL]: 'speaker', [NODE_NAME_LABEL]: labelValue(nodeName) };
    const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.meta.uid };
    return [{ ...this.#object(subject, labels, finding, present), owner }];
  }

  /** Undefined: there is nothing to say of it, or not yet. */
  #speakerFinding({ meta }: Node, isPresent: boolean): StateFinding | undefined {
    const isConnected = this.#dependencies.speakers.speaker(meta.name)?.presence === 'connected';
    if (isConnected) return findingOf(linesFor(meta.labels, this.#errors));
    const hadSpeaker = isPresent || this.#seen.has(meta.name);
    return hadSpeaker && this.#settled ? unknownFinding(meta.name, this.#namespace) : undefined;
  }

  #object(
    name: string,
    labels: Readonly<Record<string, string>>,
    finding: StateFinding,
    present: ConfigObject | undefined,
  ): StatusObject {
    const { result, errorSummary } = finding;
    const type = name === CONTROLLER ? 'poolReconcilerValid' : 'configReconcilerValid';
    const now = this.#dependencies.clock.wallTime();
    const condition = conditionOf(type, finding, { present: conditionsOf(present?.status), now });
    return {
      ref: { namespace: this.#namespace, name },
      labels: { ...labels, [MANAGED_BY_LABEL]: MANAGER },
      status: { result, errorSummary, conditions: [condition] },
    };
  }
}

function isSubject(name: string): boolean {
  return name === CONTROLLER || name.startsWith(SPEAKER_PREFIX);
}
