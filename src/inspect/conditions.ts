import type { Condition } from '../ports/kubernetes.ts';

export function conditionOf(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** The conditions in a status of any shape. */
export function conditionsIn(status: unknown): readonly Condition[] {
  const list = typeof status === 'object' && status !== null ? Reflect.get(status, 'conditions') : undefined;
  return Array.isArray(list) ? (list as readonly Condition[]) : [];
}
