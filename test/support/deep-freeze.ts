/** Frozen, with maps that refuse to change: a machine that is not pure is found out. */
export function deepFreeze<T>(value: T): T {
  if (Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    const refuse = (): never => {
      throw new Error('the input was changed');
    };
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    for (const member of value.values()) deepFreeze(member);
  } else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return Object.freeze(value);
}
