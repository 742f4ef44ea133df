import type { ForeignEntry } from '../assemble.ts';
import type { LegacyConfig, LegacyEntry, LegacySource } from './entry.ts';
import { type PositionedProblem, withPlace } from './positioned-problem.ts';
import { inLegacyNames, legacyOrigin } from './translate.ts';

/** Whether nothing at all is wrong with a legacy configuration by itself. */
export function isSound({ entries, problems }: LegacyConfig): boolean {
  return problems.length === 0 && entries.every(({ result }) => result.kind === 'ok');
}

/** Everything that is wrong, in the order of the text. */
export function problemsOf({ entries, problems }: LegacyConfig): readonly PositionedProblem[] {
  const ofEntries = entries.flatMap(({ result }) => (result.kind === 'ok' ? [] : result.problems));
  return [...problems, ...ofEntries].sort(
    ({ position: a }, { position: b }) => (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
  );
}

/** A legacy configuration as the assembly takes it: part by part, so that a bad one is out alone. */
export function foreignEntries({ entries, problems }: LegacyConfig, source: LegacySource): readonly ForeignEntry[] {
  return [...(problems.length === 0 ? [] : [wholeTextEntry(problems, source)]), ...entries.map(foreignEntry)];
}

/** Nothing to be in force, but something to be told. */
export function wholeTextEntry(problems: readonly PositionedProblem[], source: LegacySource): ForeignEntry {
  const { namespace, name, uid, creationTimestamp } = source;
  return {
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      meta: { namespace, name, uid, labels: {}, creationTimestamp },
      spec: undefined,
      status: undefined,
    },
    origin: legacyOrigin(source, ''),
    decoded: { kind: 'problems', problems: problems.map(withPlace) },
  };
}

function foreignEntry({ object, origin, result }: LegacyEntry): ForeignEntry {
  const decoded =
    result.kind === 'ok' ? result : { kind: 'problems' as const, problems: result.problems.map(withPlace) };
  return { object, origin, decoded, retold: inLegacyNames };
}
