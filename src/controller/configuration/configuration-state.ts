import type { Config } from '../../core/config/config.ts';
import { type LabelSelector, selectorMatches } from '../../core/config/label-selector.ts';
import { compareOrigins, type Origin, sameOrigin } from '../../core/config/origin.ts';
import { ERROR_SUMMARY_LENGTH_MAX } from '../../core/config/schema/configuration-state.ts';
import { labelSelectors } from '../../core/config/schema/fields.ts';
import { describeOrigin } from '../../core/config/source.ts';
import type { Verdict } from '../../core/config/verdict.ts';
import { type Condition, timeText } from '../../ports/kubernetes.ts';
import type { PeerStatusSource } from './config-source.ts';
import type { AssessedObject } from './configuration.ts';

/** What is wrong with the configuration now. */
export interface ConfigurationErrors {
  /** Lines about what the controller carries out: pools, flags, the legacy ConfigMap. */
  readonly controller: readonly string[];
  /** About what speakers carry out. */
  readonly speakers: readonly SpeakerError[];
}

interface SpeakerError {
  readonly line: string;
  /** The nodes that it concerns: any one must match; empty matches every node. */
  readonly nodeSelectors: readonly LabelSelector[];
}

export interface ConfigurationFacts {
  readonly config: Config;
  readonly assessed: readonly AssessedObject[];
  readonly verdicts: readonly Verdict[];
  readonly peers: PeerStatusSource;
}

/** The status of a ConfigurationState, but for when it came to that. */
export interface StateFinding {
  readonly result: 'Valid' | 'Invalid' | 'Unknown';
  /** Null: there is nothing to put right. */
  readonly errorSummary: string | null;
  readonly condition: Pick<Condition, 'status' | 'reason' | 'message'>;
}

const OF_SPEAKERS = new Set(['L2Advertisement', 'BGPAdvertisement', 'BGPPeer', 'BFDProfile', 'Community']);

/** What objects are not in force as they are written, in the words of their own conditions, and whom each concerns. */
export function configurationErrors({ config, assessed, verdicts, peers }: ConfigurationFacts): ConfigurationErrors {
  // Objects of namespaces that are not read may be those of another installation.
  const refused = verdicts.filter(({ valid, reason }) => !valid && reason !== 'NamespaceNotRead');
  const specs = new Map(assessed.map(({ object }) => [object.meta.uid, object.spec]));
  const withoutPassword = config.bgpPeers.flatMap(({ name, origin, nodeSelectors }) => {
    const problem = peers.peerStatus(name)?.problem;
    const isTold = problem === undefined || refused.some((verdict) => sameOrigin(verdict.origin, origin));
    return isTold ? [] : [{ origin, line: lineOf(origin, problem), nodeSelectors }];
  });
  const ofSpeakers = refused
    .filter(({ origin }) => OF_SPEAKERS.has(origin.kind))
    .map(({ origin, message, uid }) => ({
      origin,
      line: lineOf(origin, message),
      nodeSelectors: nodeSelectorsIn(specs.get(uid)),
    }));
  return {
    controller: refused
      .filter(({ origin }) => !OF_SPEAKERS.has(origin.kind))
      .map(({ origin, message }) => lineOf(origin, message)),
    speakers: [...ofSpeakers, ...withoutPassword]
      .sort((a, b) => compareOrigins(a.origin, b.origin))
      .map(({ line, nodeSelectors }) => ({ line, nodeSelectors })),
  };
}

/** Those of the lines that concern the speaker of a node with these labels. */
export function linesFor(
  labels: Readonly<Record<string, string>>,
  { speakers }: ConfigurationErrors,
): readonly string[] {
  return speakers
    .filter(
      ({ nodeSelectors }) =>
        nodeSelectors.length === 0 || nodeSelectors.some((selector) => selectorMatches(selector, labels)),
    )
    .map(({ line }) => line);
}

export function findingOf(lines: readonly string[]): StateFinding {
  if (lines.length === 0) {
    return { result: 'Valid', errorSummary: null, condition: { status: 'True', reason: 'Reconciled', message: '' } };
  }
  const errorSummary = bounded(lines);
  const condition = { status: 'False' as const, reason: 'ConfigurationError', message: errorSummary };
  return { result: 'Invalid', errorSummary, condition };
}

/** Of a speaker that cannot be asked. @param namespace where its Pod is */
export function unknownFinding(nodeName: string, namespace: string): StateFinding {
  const message = `The speaker of ${nodeName} has no session with the controller, so what it carries out is not known: look at its Pod with kubectl -n ${namespace} get pods -o wide.`;
  return { result: 'Unknown', errorSummary: null, condition: { status: 'Unknown', reason: 'UnknownError', message } };
}

/** The condition of this finding; one whose status is as it was keeps its time. */
export function conditionOf(
  type: string,
  { condition }: StateFinding,
  { present, now }: { readonly present: readonly Condition[]; readonly now: Date },
): Condition {
  const before = present.find((one) => one.type === type && one.status === condition.status);
  return {
    type,
    ...condition,
    lastTransitionTime: before?.lastTransitionTime ?? timeText(now),
  };
}

function lineOf(origin: Origin, message: string): string {
  return `${describeOrigin(origin)}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`;
}

/** Of an object that is wrong elsewhere. Where they are wrong themselves it concerns every node. */
function nodeSelectorsIn(spec: unknown): readonly LabelSelector[] {
  const written = typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'nodeSelectors') : undefined;
  const selectors = NODE_SELECTORS.safeParse(written ?? undefined);
  return selectors.success ? selectors.data : [];
}

const NODE_SELECTORS = labelSelectors('');

/** Room for `and 1000000 more objects`. */
const MORE_LENGTH_MAX = 32;

/** Whole lines, as many as there is room for; the rest is counted. */
function bounded(lines: readonly string[]): string {
  let length = 0;
  const told: string[] = [];
  for (const line of lines) {
    length += line.length + 1;
    if (length > ERROR_SUMMARY_LENGTH_MAX - MORE_LENGTH_MAX) break;
    told.push(line);
  }
  const more = lines.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more objects`] : [])].join('\n');
}
