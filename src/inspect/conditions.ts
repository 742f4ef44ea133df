import type { Condition } from '../ports/kubernetes.ts';

/** What our controller says in the status of a Service. */
export const ADDRESS_ALLOCATED = 'heraldlb.io/AddressAllocated';
export const ANNOUNCED = 'heraldlb.io/Announced';
/** Says of a configuration object whether it is in force as it is written. */
export const VALID = 'Valid';
/** Says of a BGPPeer whether the sessions with it are up. */
export const ESTABLISHED = 'Established';

export function conditionOf(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** The conditions in a status of any shape. */
export function conditionsIn(status: unknown): readonly Condition[] {
  const list = typeof status === 'object' && status !== null ? Reflect.get(status, 'conditions') : undefined;
  return Array.isArray(list) ? (list as readonly Condition[]) : [];
}
