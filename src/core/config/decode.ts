import type { DecodeResult, KindVersion } from './schema/kind.ts';
import { KINDS } from './schema/kinds.ts';
import { originOf, type SourceObject } from './source.ts';

/** BOUNDED: by the versions of our kinds. */
const VERSIONS: ReadonlyMap<string, KindVersion> = new Map(
  KINDS.flatMap(({ kind, versions }) =>
    versions.map((version) => [`${version.group}/${version.version} ${kind}`, version] as const),
  ),
);

/** What an object says, or everything that is wrong with it. Takes any value at all below `spec`, and never throws. */
export function decode(object: SourceObject): DecodeResult {
  const version = VERSIONS.get(`${object.apiVersion} ${object.kind}`);
  if (version === undefined) {
    return {
      kind: 'problems',
      problems: [
        {
          field: 'apiVersion',
          value: object.apiVersion,
          message: `has no kind ${object.kind} that is read here; write one of ${versionsOf(object.kind)}`,
        },
      ],
    };
  }
  return version.decode(object.spec, { origin: originOf(object), labels: object.meta.labels });
}

function versionsOf(kind: string): string {
  const known = [...VERSIONS.keys()].filter((key) => key.endsWith(` ${kind}`));
  return (known.length > 0 ? known : [...VERSIONS.keys()]).join(', ');
}
