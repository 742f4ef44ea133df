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
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.keys(matchLabels).every((key) => labels[key] === matchLabels[key]) &&
    matchExpressions.every((requirement) => holds(requirement, labels))
  );
}

/** Whether some node might match both lists of selectors, of which empty ones match every node. Certain only when false. */
export function mayShareNode(a: readonly LabelSelector[], b: readonly LabelSelector[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((ofA) => b.some((ofB) => !excludeEachOther(ofA, ofB)));
}

/** True when it is certain that no labels satisfy both selectors. */
function excludeEachOther(a: LabelSelector, b: LabelSelector): boolean {
  return requiredLabels(a).some((key) => {
    const byA = allowedValues(a, key) ?? [];
    return allowedValues(b, key)?.every((value) => !byA.includes(value)) === true;
  });
}

/** Keys of the labels that must be there with certain values. */
function requiredLabels({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly string[] {
  const keys = Object.keys(matchLabels);
  if (matchExpressions.length === 0) return keys;
  return [...keys, ...matchExpressions.filter(({ operator }) => operator === 'In').map(({ key }) => key)];
}

/** The values that a label may have; undefined when it may be absent. */
function allowedValues(
  { matchLabels = {}, matchExpressions }: LabelSelector,
  label: string,
): readonly string[] | undefined {
  const value = Object.hasOwn(matchLabels, label) ? matchLabels[label] : undefined;
  if (value !== undefined) return [value];
  const requirement = matchExpressions?.findLast(({ key, operator }) => key === label && operator === 'In');
  return requirement && (requirement.values ?? []);
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
