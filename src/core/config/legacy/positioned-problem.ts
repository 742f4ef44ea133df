import type { Problem } from '../problem.ts';
import type { Position } from './yaml-node.ts';

/** A problem in a text, with its place where that is known. */
export interface PositionedProblem extends Problem {
  readonly position?: Position;
}

/** The same with the place as a part of the field, for messages that many kinds of objects share. */
export function withPlace({ position, ...problem }: PositionedProblem): Problem {
  if (position === undefined) return problem;
  return { ...problem, field: `line ${position.line}, column ${position.column}, ${problem.field}` };
}
