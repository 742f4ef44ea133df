import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hello } from '../../../../../src/core/codec/hello/index.ts';
import {
  challengeOf,
  echoOf,
  NOTHING_PROVEN,
  type Proof,
  stepProof,
} from '../../../../../src/core/fsm/ownership/proof.ts';
import { hello } from './hellos.ts';

const OWN = { incarnation: 500, sequence: 10 };

function said(incarnation: number, sequence: number, echoed = 0): Hello {
  return hello({ incarnation, sequence, echo: { incarnation: echoed === 0 ? 0 : 500, sequence: echoed, accepted: 0 } });
}

/** Believes the hello or fails. */
function believing(proof: Proof, next: Hello, own = OWN): Proof {
  const step = stepProof(proof, next, own);
  if (step.kind === 'refused') throw new Error(step.reason);
  return step.proof;
}

describe('the proof of life', () => {
  it('believes a neighbour only when it echoes a hello of this start of this node', () => {
    expect(stepProof(NOTHING_PROVEN, said(7, 1), OWN)).toMatchObject({ kind: 'refused', reason: 'unproven' });
    const toAnother = hello({ incarnation: 7, sequence: 1, echo: { incarnation: 499, sequence: 3, accepted: 0 } });
    expect(stepProof(NOTHING_PROVEN, toAnother, OWN)).toMatchObject({ kind: 'refused', reason: 'unproven' });
    expect(stepProof(NOTHING_PROVEN, said(7, 2, 3), OWN)).toMatchObject({ kind: 'believed', newIncarnation: true });
  });

  it('gives a start that it does not believe the number that it has to echo, and acknowledges nothing of it', () => {
    expect(challengeOf(said(7, 1))).toEqual({ incarnation: 7, sequence: 1, accepted: 0 });
  });

  it('refuses an echo of a hello that was never sent', () => {
    expect(stepProof(NOTHING_PROVEN, said(7, 2, 11), OWN)).toMatchObject({ kind: 'refused', reason: 'unproven' });
  });

  it('refuses what it believed before, and what 32 newer hellos overtook', () => {
    let proof = believing(NOTHING_PROVEN, said(7, 5, 3));
    proof = believing(proof, said(7, 40, 3));
    for (const sequence of [40, 8, 5, 1])
      expect(stepProof(proof, said(7, sequence, 4), OWN)).toMatchObject({ kind: 'refused', reason: 'replayed' });
  });

  it('believes an overtaken hello once', () => {
    const step = stepProof(believing(NOTHING_PROVEN, said(7, 40, 3)), said(7, 9, 3), OWN);
    if (step.kind !== 'overtaken') throw new Error(step.kind);
    expect(echoOf(step.proof)).toEqual({ incarnation: 7, sequence: 40, accepted: 0x80000001 });
    expect(stepProof(step.proof, said(7, 9, 3), OWN)).toMatchObject({ reason: 'replayed' });
  });

  it('refuses every hello of a former start, whatever was recorded of it, once a new start is believed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 1000 }), (echoed, sequence) => {
        const former = believing(NOTHING_PROVEN, said(7, 5, 6));
        const restarted = believing(former, said(8, 1, 9));
        expect(stepProof(restarted, said(7, sequence, echoed), OWN)).toMatchObject({ reason: 'unproven' });
      }),
    );
  });

  it('lets hellos of the believed start through even when that start does not hear this node', () => {
    const proof = believing(NOTHING_PROVEN, said(7, 5, 3));
    expect(stepProof(proof, said(7, 6), OWN)).toMatchObject({ kind: 'believed', newIncarnation: false });
  });

  it('acknowledges exactly the hellos that it believed, of the last 32', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 200 }), { minLength: 1 }), (numbers) => {
        const sequences = [1, ...numbers].sort((a, b) => a - b);
        let proof = NOTHING_PROVEN;
        for (const sequence of sequences) proof = believing(proof, said(7, sequence, 3));
        const { sequence: newest, accepted } = echoOf(proof);
        for (let place = 0; place < 32; place += 1)
          expect((accepted >>> place) & 1).toBe(sequences.includes(newest - place) ? 1 : 0);
      }),
    );
  });
});
