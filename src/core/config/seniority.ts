import type { ForeignEntry, VersionInForce } from './assemble.ts';
import type { Origin } from './origin.ts';
import type { DecodeResult } from './schema/kind.ts';
import type { SourceObject } from './source.ts';

/** An object that would like to be in force. */
export interface Candidate {
  readonly object: SourceObject;
  readonly origin: Origin;
  readonly decoded: DecodeResult;
  /** The version of it that is in force until now. */
  readonly before?: VersionInForce;
  readonly retold?: ForeignEntry['retold'];
}

/**
 * Who goes first where two cannot both be in force. What is in force and unchanged precedes what was changed, and that
 * precedes what is new; then the older object, then the name. After a restart the condition `Valid` that we wrote says what
 * was in force, so that a restart does not change who wins.
 */
export function bySeniority(a: Candidate, b: Candidate): number {
  return rank(a) - rank(b) || compareText(ageAndName(a), ageAndName(b));
}

function rank({ object, decoded, before }: Candidate): 0 | 1 | 2 {
  const generation = object.meta.generation ?? 0;
  const inForceGeneration = before?.generation ?? validGeneration(object.status);
  if (inForceGeneration === undefined) return 2;
  // A version that is wrong by itself is not even tried: what counts is the one before, and that is unchanged.
  return inForceGeneration === generation || decoded.kind === 'problems' ? 0 : 1;
}

/** The generation that the condition `Valid` says to be in force. */
function validGeneration(status: unknown): number | undefined {
  const list = member(status, 'conditions');
  const condition: unknown = Array.isArray(list) ? list.find((item) => member(item, 'type') === 'Valid') : undefined;
  const generation = member(condition, 'observedGeneration');
  return member(condition, 'status') === 'True' && typeof generation === 'number' ? generation : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function ageAndName({ object: { apiVersion, meta } }: Candidate): string {
  return [meta.creationTimestamp, meta.name, meta.namespace, apiVersion, meta.uid].join('\n');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
