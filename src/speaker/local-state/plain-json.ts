import { type IpAddress, parseIp } from '../../core/net/index.ts';

// Readers of values that came from JSON. Each throws a RangeError that names what is not as it should be.

export function addressOf(value: unknown): IpAddress {
  const address = parseIp(textOf(value));
  if (address === undefined) throw new RangeError(`"${String(value)}" is not an address`);
  return address;
}

export function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new RangeError(`the ${what} is not an object`);
  return Object.fromEntries(Object.entries(value));
}

export function listOf<T>(value: unknown, what: string, of: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new RangeError(`${what} is not a list`);
  return value.map((each: unknown) => of(each));
}

export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError(`${String(value)} is not a text`);
  return value;
}

export function countOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${String(value)} is not a count`);
  return value;
}
