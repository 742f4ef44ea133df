import { InvalidArgumentError } from 'commander';

const MS_OF_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it (`15s`, `1m30s`, `0`), in milliseconds. @see https://pkg.go.dev/time#ParseDuration */
export function goDuration(text: string): number {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|\u00b5s|ms|s|m|h))+$/.test(text)) {
    throw new InvalidArgumentError(`must be a duration such as 15s or 1m30s, not ${JSON.stringify(text)}.`);
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|\u00b5s|ms|s|m|h)/g)];
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (MS_OF_UNIT[unit ?? ''] ?? 0), 0);
}

/** @see https://pkg.go.dev/strconv#ParseBool */
export function goBoolean(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw new InvalidArgumentError(`must be true or false, not ${JSON.stringify(text)}.`);
}

/** Up to 15 digits. @throws InvalidArgumentError */
export function goInteger(written: string): number {
  // Go also takes `-v=4`, of which commander leaves the equals sign.
  const text = written.replace(/^=/, '');
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError(`must be a whole number, not ${JSON.stringify(text)}.`);
  }
  return Number(text);
}

/** @throws InvalidArgumentError */
export function goFloat(text: string): number {
  if (text.trim() === '' || !Number.isFinite(Number(text))) {
    throw new InvalidArgumentError(`must be a number, not ${JSON.stringify(text)}.`);
  }
  return Number(text);
}

/** A list with commas; given again, the flag adds to it. */
export function goList(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(',').map((each) => each.trim())].filter((each) => each !== '');
}
