/** A number for each node; the smaller is the better. */
export type Criterion = (node: string) => number;

/**
 * The node that is best by the first criterion, between equals by the next, at last by its name: the order in which nodes
 * are listed never decides. A later criterion is asked only where all before it are equal.
 */
export function best(nodes: Iterable<string>, criteria: readonly Criterion[]): string | undefined {
  let chosen: string | undefined;
  /** What the criteria said of `chosen`, as far as they were asked. */
  let known: number[] = [];
  for (const node of nodes) {
    if (chosen === undefined) {
      chosen = node;
      continue;
    }
    const asked: number[] = [];
    if (!isBefore(node, chosen, { criteria, known, asked })) continue;
    chosen = node;
    known = asked;
  }
  return chosen;
}

function isBefore(
  node: string,
  chosen: string,
  { criteria, known, asked }: { criteria: readonly Criterion[]; known: number[]; asked: number[] },
): boolean {
  for (const [at, criterion] of criteria.entries()) {
    const mine = criterion(node);
    asked.push(mine);
    let theirs = known[at];
    if (theirs === undefined) {
      theirs = criterion(chosen);
      known.push(theirs);
    }
    if (mine !== theirs) return mine < theirs;
  }
  return node < chosen;
}
