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
