/**
 * Where a value of the configuration was written. Used to say which object, which field. For a flag, `kind` is the flag
 * (`--pool`), `name` its value, and the rest is empty.
 */
export interface Origin {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function sameOrigin(a: Origin, b: Origin): boolean {
  return compareOrigins(a, b) === 0;
}

/** A text that two origins share exactly when they are the same. */
export function originKey({ apiVersion, kind, namespace, name }: Origin): string {
  return JSON.stringify([name, namespace, kind, apiVersion]);
}

/** By name first, then by namespace, kind and group. */
export function compareOrigins(a: Origin, b: Origin): number {
  return (
    compareText(a.name, b.name) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.kind, b.kind) ||
    compareText(a.apiVersion, b.apiVersion)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
