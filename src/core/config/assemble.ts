import { type AcceptedObjects, add, emptyAccepted, refusalOf } from './accept.ts';
import type { Config } from './config.ts';
import { decode } from './decode.ts';
import type { Decoded, DecodedKind } from './decoded.ts';
import { notesOn } from './notes.ts';
import { compareOrigins } from './origin.ts';
import { describeProblems } from './problem.ts';
import type { Refusal } from './refusal.ts';
import { resolve } from './resolve.ts';
import { bySeniority, type Candidate } from './seniority.ts';
import { originOf, type SourceObject } from './source.ts';
import type { Verdict } from './verdict.ts';

/** What the configuration is made of. */
export interface AssembleInput {
  readonly objects: readonly SourceObject[];
  /** From flags: they precede every object. */
  readonly fixed: readonly Decoded[];
  readonly namespaces: readonly NamespaceLabels[];
  /** Whether objects of a namespace count. */
  readonly reads: (namespace: string) => boolean;
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
  const accepted = emptyAccepted();
  for (const value of input.fixed) add(value, accepted);
  const inForce = new Map<string, VersionInForce>();
  const candidates = input.objects.map((object) => candidateOf(object, previous));
  const [read, notRead] = partition(candidates, ({ object }) => input.reads(object.meta.namespace));
  for (const kind of KIND_ORDER) {
    for (const candidate of read.filter(({ object }) => object.kind === kind).sort(bySeniority)) {
      const version = admitted(candidate, accepted);
      if (version === undefined) continue;
      inForce.set(candidate.object.meta.uid, { ...version, value: add(version.value, accepted) });
    }
  }
  const config = resolve(accepted, input.namespaces);
  const verdicts = [
    ...read.map((candidate) => verdictOn(candidate.object, reasonAgainst(candidate, accepted, inForce), config)),
    ...notRead.map(({ object }) => verdictOn(object, namespaceNotRead(object), config)),
  ];
  return { config, verdicts: verdicts.sort((a, b) => compareOrigins(a.origin, b.origin)), inForce };
}

function candidateOf(object: SourceObject, previous: Assembly | undefined): Candidate {
  const before = previous?.inForce.get(object.meta.uid);
  return { object, decoded: decode(object), ...(before === undefined ? {} : { before }) };
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

function verdictOn(object: SourceObject, refusal: Refusal | undefined, config: Config): Verdict {
  const origin = originOf(object);
  return {
    origin,
    uid: object.meta.uid,
    generation: generationOf(object),
    valid: refusal === undefined,
    ...(refusal ?? { reason: 'InForce', message: ['In force.', ...notesOn(origin, config)].join(' ') }),
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
