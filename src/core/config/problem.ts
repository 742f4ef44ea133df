/** One thing that is wrong in one object, and how to put it right. */
export interface Problem {
  /** Path of the field, as `kubectl explain` takes it with list indexes added: `spec.addresses[0]`. */
  readonly field: string;
  /** As written; undefined when the field is missing. */
  readonly value: unknown;
  /** What is wrong with it; what to do. */
  readonly message: string;
}

const QUOTED_LENGTH_MAX = 80;

/** The field, the value, what is wrong and what to do, in one sentence. */
export function describeProblem(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` ${quote(problem.value)}`;
  return `${problem.field}${value}: ${problem.message}`;
}

/** So many problems of one object are told at once: a condition has room for 32,768 characters, an event for 1,024. */
const DESCRIBED_MAX = 10;

/** In sentences; those beyond the tenth are counted. */
export function describeProblems(problems: readonly Problem[]): string {
  const described = problems.slice(0, DESCRIBED_MAX).map((problem) => `${describeProblem(problem)}.`);
  const more = problems.length - described.length;
  return [...described, ...(more > 0 ? [`${more} more like these.`] : [])].join(' ');
}

/** A value as one would write it in YAML flow style, without passwords, and cut off where it would fill the line. */
export function quote(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value, printable);
  return text.length <= QUOTED_LENGTH_MAX ? text : `${text.slice(0, QUOTED_LENGTH_MAX)}…`;
}

/** `["spec", "addresses", 0]` as `spec.addresses[0]`; a key with other signs than letters and digits is quoted. */
export function formatField(path: readonly PropertyKey[]): string {
  return path.map(String).reduce((field, key, at) => {
    if (typeof path[at] === 'number') return `${field}[${key}]`;
    if (!/^\w+$/.test(key)) return `${field}[${JSON.stringify(key)}]`;
    return field === '' ? key : `${field}.${key}`;
  }, '');
}

/** Also of a field that is written wrongly, such as `-password`. */
const PASSWORD_KEY = /password/i;
/** A text that was to be a mapping. */
const PASSWORD_IN_TEXT = /password["']?\s*:/i;

/** Passwords do not go into conditions, events and logs, at whatever depth a slip of indentation puts them. */
function printable(key: string, value: unknown): unknown {
  if (PASSWORD_KEY.test(key) || (typeof value === 'string' && PASSWORD_IN_TEXT.test(value))) return '(not shown)';
  return typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol' ? String(value) : value;
}
