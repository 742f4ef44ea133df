import type { z } from 'zod';
import { formatField, type Problem } from '../problem.ts';

type Issue = z.core.$ZodIssue;

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a text; put it between quotes',
  number: 'a number; write it without quotes',
  int: 'a whole number; write it without quotes and without a fraction',
  boolean: 'true or false; write it without quotes',
  array: 'a list; write each entry on a line of its own that begins with "- "',
  object: 'a mapping of names to values; indent its fields below it',
  record: 'a mapping of names to values; indent its fields below it',
};

/** What zod found wrong, in sentences of ours. Our own checks come with their sentence already. */
export function problemOf(issue: Issue, value: unknown, prefix: readonly PropertyKey[]): Problem {
  return { field: formatField([...prefix, ...issue.path]), value, message: sentence(issue, value) };
}

function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, value);
    case 'too_small':
      return issue.origin === 'array'
        ? 'is an empty list; write at least one entry, or leave the field out where that is allowed'
        : `is too small; the least is ${issue.minimum}`;
    case 'too_big':
      return tooBig(issue.origin, issue.maximum);
    case 'invalid_value':
      return `is not known here; write one of ${issue.values.map(String).join(', ')}`;
    case 'custom':
      return issue.message;
    default:
      return `${issue.message}; correct it`;
  }
}

function wrongType(expected: string, value: unknown): string {
  const wanted = ARTICLES[expected] ?? expected;
  return value === undefined
    ? `is missing; it is ${wanted.replace(/;.*/, '')} that must be there`
    : `must be ${wanted}`;
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'array') return `has too many entries; the most is ${maximum}`;
  if (origin === 'string') return `is too long; the most is ${maximum} characters`;
  return `is too large; the most is ${maximum}`;
}
