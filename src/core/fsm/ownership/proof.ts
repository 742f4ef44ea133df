import { ECHO_WINDOW, type Hello, type HelloEcho } from '../../codec/hello/index.ts';
import type { HelloRefusal } from './types.ts';

/**
 * Which hellos of a neighbour are believed. One start of it (incarnation) is believed at a time, and of that each hello once,
 * unless 31 newer ones overtook it. Another start is believed when it echoes a hello that this node sent after all those that
 * the former one had echoed: nobody can have recorded that earlier.
 */
export interface Proof {
  /** 0 = none is believed yet. */
  readonly incarnation: number;
  /** The newest believed hello. */
  readonly sequence: number;
  /** Bit i: hello `sequence` - i was believed. */
  readonly accepted: number;
  /** The newest hello of this node that any start of the neighbour echoed. */
  readonly provenSequence: number;
}

/** What this node itself says in its hellos to the neighbour. */
export interface OwnCount {
  readonly incarnation: number;
  /** Of the last one sent. */
  readonly sequence: number;
}

type ProofStep =
  | { readonly kind: 'believed'; readonly proof: Proof; readonly newIncarnation: boolean }
  /** Believed as well, but a newer one overtook it: what it says of its sender is out of date. */
  | { readonly kind: 'overtaken'; readonly proof: Proof }
  | { readonly kind: 'refused'; readonly reason: HelloRefusal };

export const NOTHING_PROVEN: Proof = { incarnation: 0, sequence: 0, accepted: 0, provenSequence: 0 };

/** Believes a hello or refuses it. Pure. */
export function stepProof(before: Proof, hello: Hello, own: OwnCount): ProofStep {
  const echoed = hello.echo.incarnation === own.incarnation ? hello.echo.sequence : 0;
  if (echoed > own.sequence) return { kind: 'refused', reason: 'unproven' };
  const provenSequence = Math.max(before.provenSequence, echoed);
  const { incarnation, sequence } = hello;
  if (incarnation !== before.incarnation) {
    if (echoed <= before.provenSequence) return { kind: 'refused', reason: 'unproven' };
    return { kind: 'believed', proof: { incarnation, sequence, accepted: 1, provenSequence }, newIncarnation: true };
  }
  if (sequence <= before.sequence) {
    const bit = shiftedLeft(1, before.sequence - sequence) >>> 0;
    if (bit === 0 || (before.accepted & bit) !== 0) return { kind: 'refused', reason: 'replayed' };
    return { kind: 'overtaken', proof: { ...before, accepted: (before.accepted | bit) >>> 0, provenSequence } };
  }
  const accepted = (shiftedLeft(before.accepted, sequence - before.sequence) | 1) >>> 0;
  return { kind: 'believed', proof: { incarnation, sequence, accepted, provenSequence }, newIncarnation: false };
}

/** What the next hello says about those that were believed. */
export function echoOf({ incarnation, sequence, accepted }: Proof): HelloEcho {
  return { incarnation, sequence, accepted };
}

/** What a hello says to a start that is not believed yet, so that it can prove itself. */
export function challengeOf({ incarnation, sequence }: Hello): HelloEcho {
  return { incarnation, sequence, accepted: 0 };
}

function shiftedLeft(bits: number, places: number): number {
  return places < ECHO_WINDOW ? bits << places : 0;
}
