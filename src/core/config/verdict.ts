import type { Origin } from './origin.ts';

/** Why an object is, or is not, in force as it is written. These are the reasons of the condition `Valid`. */
export type VerdictReason =
  /** It is in force as it is written. */
  | 'InForce'
  /** A field is wrong by itself. */
  | 'Invalid'
  /** Its addresses are those of another pool too. */
  | 'Overlap'
  /** Another object, of another namespace or group, has its name already. */
  | 'DuplicateName'
  /** It contradicts another object. */
  | 'Conflict'
  /** It asks for what this program cannot do. */
  | 'NotSupported'
  /** It names an object that is not there, or is not in force. */
  | 'ReferenceMissing'
  /** Objects of its namespace do not count. */
  | 'NamespaceNotRead';

export interface Verdict {
  readonly origin: Origin;
  readonly uid: string;
  readonly generation: number;
  /** The object is in force as it is written. */
  readonly valid: boolean;
  readonly reason: VerdictReason;
  /** For people: which field, what is wrong, what to do. */
  readonly message: string;
}
