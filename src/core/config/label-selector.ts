/** @see Kubernetes API meta/v1 LabelSelector */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

/** True when every requirement holds; an empty selector matches everything. */
export function selectorMatches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector.matchLabels ?? {});
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((requirement) => holds(requirement, labels))
  );
}

/** Whether some node might match both lists of selectors, of which empty ones match every node. Certain only when false. */
export function mayShareNode(a: readonly LabelSelector[], b: readonly LabelSelector[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((ofA) => b.some((ofB) => !excludeEachOther(ofA, ofB)));
}

/** True when it is certain that no labels satisfy both selectors. */
function excludeEachOther(a: LabelSelector, b: LabelSelector): boolean {
  const [wantedByA, wantedByB] = [allowedValues(a), allowedValues(b)];
  return [...wantedByA].some(([key, values]) => wantedByB.get(key)?.every((value) => !values.includes(value)));
}

/** For each label that must be there, the values that it may have. */
function allowedValues(selector: LabelSelector): ReadonlyMap<string, readonly string[]> {
  const byLabel = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => [key, [value]] as const);
  const byExpression = (selector.matchExpressions ?? [])
    .filter(({ operator }) => operator === 'In')
    .map(({ key, values = [] }) => [key, values] as const);
  return new Map([...byExpression, ...byLabel]);
}

function holds(requirement: LabelSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && (requirement.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(requirement.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
