import { z } from 'zod';
import { parseAddressEntry } from '../address-entry.ts';
import type { LabelSelector } from '../label-selector.ts';
import { quote } from '../problem.ts';
import { canonicalText } from '../same-value.ts';

// What a field means is its description: it goes into the CRDs and into the reference page as it is.

/** A rule of the Common Expression Language that the API server checks. @see Kubernetes API JSONSchemaProps */
export interface CelRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
}

/** The schema with what the reference and `kubectl explain` say of it, and rules that the API server checks. */
export function described<Schema extends z.ZodType>(schema: Schema, description: string, ...rules: CelRule[]): Schema {
  return schema.meta({ description, ...(rules.length > 0 ? { 'x-kubernetes-validations': rules } : {}) });
}

/** A schema whose text is parsed by `parse`, which gives the value or says what is wrong and what to do. */
export function parsedText<Value>(
  parse: (text: string) => { readonly value: Value } | { readonly problem: string },
): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    const result = parse(text);
    if ('value' in result) return result.value;
    context.issues.push({ code: 'custom', message: result.problem, input: text });
    return z.NEVER;
  });
}

/** One range of addresses. */
export const addressEntry = parsedText((text) => {
  const entry = parseAddressEntry(text);
  return entry.kind === 'range' ? { value: entry.range } : { problem: entry.message };
});

const RANGE_V4 = '[0-9.]+\\\\s*-\\\\s*[0-9.]+';
const RANGE_V6 = '[0-9a-fA-F.]*:[0-9a-fA-F:.]*\\\\s*-\\\\s*[0-9a-fA-F.]*:[0-9a-fA-F:.]*';
/** Refuses what is no address, no CIDR and no range of one family; which address is lower is left to the decoder. */
export const rangeShape: CelRule = {
  rule: `isCIDR(self) || isIP(self.trim()) || self.matches('^\\\\s*(${RANGE_V4}|${RANGE_V6})\\\\s*$')`,
  messageExpression:
    '\'"\' + self + \'" is neither a CIDR nor a range of one family; write one such as "192.168.1.0/24" or "192.168.1.240-192.168.1.250"\'',
};

/** A list in which nothing may be there twice. */
export function distinct<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item).superRefine((items, context) => {
    // BOUNDED: by the size of one object in the API, 1.5 MiB.
    const firstAt = new Map<string, number>();
    for (const [at, value] of items.entries()) {
      const text = canonicalText(value);
      const first = firstAt.get(text);
      if (first === undefined) firstAt.set(text, at);
      else
        context.addIssue({
          code: 'custom',
          path: [at],
          message: `is the same ${what} as entry ${first}; remove one of the two`,
        });
    }
  });
}

/** The name of something: not empty. */
export function nameOf(what: string) {
  return z.string().refine((text) => text.trim() !== '', { error: `is empty; write the name of ${what}` });
}

/** Names of objects, none of them twice. */
export function names(what: string) {
  return distinct(nameOf(what), 'name');
}

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const labelValue = z.string().refine((text) => LABEL_VALUE.test(text), {
  error:
    'can never be the value of a label; write at most 63 letters, digits, "-", "_" or ".", with a letter or digit at both ends',
});
const labelKey = z.string().refine((text) => LABEL_KEY.test(text), {
  error: 'can never be the name of a label; write one such as "example.com/rack" or "rack"',
});

const matchLabels = z.record(z.string(), labelValue).superRefine((labels, context) => {
  for (const key of Object.keys(labels).filter((name) => !LABEL_KEY.test(name))) {
    context.addIssue({
      code: 'custom',
      path: [key],
      message: `has a name that no label can have; correct ${quote(key)}`,
    });
  }
});

const requirement = z
  .object({
    key: described(labelKey, 'Name of the label.'),
    operator: described(
      z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
      'How the label is compared with `values`. `NotIn` also holds where the label is absent.',
    ),
    values: described(
      distinct(labelValue, 'value'),
      'Values for `In` and `NotIn`, at least one. Must be empty for `Exists` and `DoesNotExist`.',
    ).exactOptional(),
  })
  .superRefine(({ operator, values = [] }, context) => {
    const compares = operator === 'In' || operator === 'NotIn';
    if (compares && values.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['values'],
        message: `must not be empty with ${operator}; list values`,
      });
    }
    if (!compares && values.length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['values'],
        message: `has no meaning with ${operator}; remove it, or write the operator ${operator === 'Exists' ? 'In' : 'NotIn'}`,
      });
    }
  });

export const labelSelector = z
  .object({
    matchLabels: described(matchLabels, 'Labels with the value that each must have.').exactOptional(),
    matchExpressions: described(
      distinct(requirement, 'requirement'),
      'Requirements that must all hold.',
    ).exactOptional(),
  })
  .transform((selector): LabelSelector => selector)
  .meta({ description: 'Labels that must match. What is empty matches everything.' });

export function labelSelectors(description: string) {
  return described(distinct(labelSelector, 'selector'), description).default([]);
}
