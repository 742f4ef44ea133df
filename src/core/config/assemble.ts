import { type AcceptedObjects, add, emptyAccepted, refusalOf } from './accept.ts';
import { type ClusterRanges, clusterRangesOf } from './cluster-ranges.ts';
import type { Config } from './config.ts';
import { decode } from './decode.ts';
import type { Decoded, DecodedKind } from './decoded.ts';
import { limitOf } from './limits.ts';
import { notesOf } from './notes.ts';
import { compareOrigins, type Origin, originKey } from './origin.ts';
import { describeProblems } from './problem.ts';
import type { Refusal } from './refusal.ts';
import { resolve } from './resolve.ts';
import type { DecodeResult } from './schema/kind.ts';
import { bySeniority, type Candidate } from './seniority.ts';
import { originOf, type SourceObject } from './source.ts';
import type { Verdict } from './verdict.ts';
import { originOfDecoded } from './with-origin.ts';

/** What the configuration is made of. */
export interface AssembleInput {
  readonly objects: readonly SourceObject[];
  /** Deleted a moment ago: what was in force of them stays where it stands in nobody's way. They have no verdict. */
  readonly lingering?: readonly SourceObject[];
  /** From flags: they precede everything else. */
  readonly fixed: readonly Decoded[];
  /** They precede every object. */
  readonly entries?: readonly ForeignEntry[];
  /** Where no pool may reach. */
  readonly clusterRanges?: ClusterRanges;
  readonly namespaces: readonly NamespaceLabels[];
  /** Whether objects of a namespace count. */
  readonly reads: (namespace: string) => boolean;
}

/** Something that is no object of ours, but says what one would: a part of a legacy ConfigMap. */
export interface ForeignEntry {
  readonly object: SourceObject;
  readonly origin: Origin;
  readonly decoded: DecodeResult;
  /** Puts a message about the object into the words of what was written. */
  readonly retold?: (message: string) => string;
}

export interface NamespaceLabels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Assembly {
  readonly config: Config;
  /** One for each object, ordered by its origin. */
  readonly verdicts: readonly Verdict[];
  /** By uid, the version of each object that is in force: what an object that went wrong falls back to. BOUNDED: by the objects. */
  readonly inForce: ReadonlyMap<string, VersionInForce>;
}

export interface VersionInForce {
  readonly generation: number;
  readonly value: Decoded;
}

/** Each kind after those that it refers to. */
const KIND_ORDER: readonly DecodedKind[] = [
  'Community',
  'BFDProfile',
  'IPAddressPool',
  'L2Advertisement',
  'BGPAdvertisement',
  'BGPPeer',
];

/**
 * The configuration that a set of objects makes, whatever the order in which they come. An object that is wrong, by itself or
 * beside others, is out alone; when an earlier version of it was in force, and still can be, that one stays.
 */
export function assemble(input: AssembleInput, previous?: Assembly): Assembly {
  const accepted = emptyAccepted(input.clusterRanges ?? clusterRangesOf([]));
  const refusedFlags = input.fixed.flatMap((value) => admitFixed(value, accepted));
  const inForce = new Map<string, VersionInForce>();
  const asWritten = new Set<Candidate>();
  const candidates = input.objects.map((object) => candidateOf(object, previous));
  const entries: readonly Candidate[] = input.entries ?? [];
  const lingering = (input.lingering ?? []).map((object) => candidateOf(object, previous));
  const [read, notRead] = partition(candidates, ({ object }) => input.reads(object.meta.namespace));
  for (const kind of KIND_ORDER) {
    const isOfKind = ({ object }: Candidate): boolean => object.kind === kind;
    const present = [...entries.filter(isOfKind), ...read.filter(isOfKind).sort(bySeniority)];
    for (const candidate of [...present, ...lingering.filter(isOfKind)]) {
      const version = admitted(candidate, accepted);
      if (version === undefined) continue;
      if (candidate.decoded.kind === 'ok' && version.value === candidate.decoded.value) asWritten.add(candidate);
      inForce.set(candidate.object.meta.uid, { ...version, value: add(version.value, accepted) });
    }
  }
  const config = resolve(accepted, input.namespaces);
  const notes = notesOf(config);
  const verdicts = [
    ...refusedFlags,
    ...[...entries, ...read].map((candidate) => {
      // Who contradicts what was accepted is not accepted: nobody who came later stands against it.
      const refusal = asWritten.has(candidate) ? undefined : reasonAgainst(candidate, accepted, inForce);
      return verdictOn(candidate, refusal ?? limitOn(candidate), notes);
    }),
    ...notRead.map((candidate) => verdictOn(candidate, namespaceNotRead(candidate.object), notes)),
  ];
  return { config, verdicts: verdicts.sort((a, b) => compareOrigins(a.origin, b.origin)), inForce };
}

function candidateOf(object: SourceObject, previous: Assembly | undefined): Candidate {
  const before = previous?.inForce.get(object.meta.uid);
  return { object, origin: originOf(object), decoded: decode(object), ...(before === undefined ? {} : { before }) };
}

/** What a flag asks for is out too where it cannot be. */
function admitFixed(value: Decoded, accepted: AcceptedObjects): Verdict[] {
  const refusal = refusalOf(value, accepted);
  if (refusal !== undefined) {
    return [{ origin: originOfDecoded(value), uid: '', generation: 0, valid: false, ...refusal }];
  }
  add(value, accepted);
  return [];
}

/** The version of an object that can be in force: as it is written, else as it was before. */
function admitted({ object, decoded, before }: Candidate, accepted: AcceptedObjects): VersionInForce | undefined {
  if (decoded.kind === 'ok' && refusalOf(decoded.value, accepted) === undefined) {
    return { generation: generationOf(object), value: decoded.value };
  }
  return before !== undefined && refusalOf(before.value, accepted) === undefined ? before : undefined;
}

/** Looked for when all is decided, so that the same reason is given however the objects came to be. */
function reasonAgainst(
  { object, decoded }: Candidate,
  accepted: AcceptedObjects,
  inForce: ReadonlyMap<string, VersionInForce>,
): Refusal | undefined {
  const refusal: Refusal | undefined =
    decoded.kind === 'problems'
      ? { reason: 'Invalid', message: describeProblems(decoded.problems) }
      : refusalOf(decoded.value, accepted);
  if (refusal === undefined || !inForce.has(object.meta.uid)) return refusal;
  const stays = 'What was written before stays in force until this is put right or the controller restarts.';
  return { ...refusal, message: `${refusal.message} ${stays}` };
}

function limitOn({ decoded }: Candidate): Refusal | undefined {
  return decoded.kind === 'ok' ? limitOf(decoded.value) : undefined;
}

function verdictOn(
  { object, origin, retold }: Candidate,
  refusal: Refusal | undefined,
  notes: ReadonlyMap<string, readonly string[]>,
): Verdict {
  const noted = notes.get(originKey(origin)) ?? [];
  const told = refusal ?? { reason: 'InForce' as const, message: ['In force.', ...noted].join(' ') };
  return {
    origin,
    uid: object.meta.uid,
    generation: generationOf(object),
    valid: refusal === undefined,
    reason: told.reason,
    message: retold?.(told.message) ?? told.message,
  };
}

function namespaceNotRead({ kind, meta }: SourceObject): Refusal {
  return {
    reason: 'NamespaceNotRead',
    message: `metadata.namespace "${meta.namespace}": the ${kind} objects of this namespace are not read; move the object to the namespace of the controller, or start the controller with --config-namespace=${meta.namespace}.`,
  };
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): readonly [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function generationOf(object: SourceObject): number {
  return object.meta.generation ?? 0;
}
