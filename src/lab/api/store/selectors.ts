import type { KubeObject } from '../kube-object.ts';
import { badRequest } from '../status-error.ts';

export type ObjectFilter = (object: KubeObject) => boolean;

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** The filter of a labelSelector parameter. @throws StatusError 400 @see Kubernetes "Labels and Selectors" */
export function labelFilter(selector: string): ObjectFilter {
  const requirements = splitOutsideParentheses(selector).map((text) => labelRequirement(text.trim(), selector));
  return (object) => requirements.every((matches) => matches(object.metadata.labels ?? {}));
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

function labelRequirement(text: string, selector: string): LabelTest {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set !== null)
    return setRequirement({ key: set[1] ?? '', negated: set[2] === 'notin', list: set[3] ?? '' }, selector);
  const comparison = /^([^=!<>\s]+)\s*(==|=|!=|<|>)\s*(\S*)$/.exec(text);
  if (comparison !== null) {
    const [, key = '', operator = '=', value = ''] = comparison;
    checkKey(key, selector);
    if (operator === '<') return (labels) => Number(labels[key]) < Number(value);
    if (operator === '>') return (labels) => Number(labels[key]) > Number(value);
    checkValue(value, selector);
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const absent = text.startsWith('!');
  const key = absent ? text.slice(1).trim() : text;
  checkKey(key, selector);
  return (labels) => (labels[key] === undefined) === absent;
}

function setRequirement(
  set: { readonly key: string; readonly negated: boolean; readonly list: string },
  selector: string,
): LabelTest {
  checkKey(set.key, selector);
  const values = new Set(set.list.split(',').map((value) => value.trim()));
  for (const value of values) checkValue(value, selector);
  return (labels) => {
    const label = labels[set.key];
    return (label !== undefined && values.has(label)) !== set.negated;
  };
}

function checkKey(key: string, selector: string): void {
  if (!LABEL_KEY.test(key))
    throw badRequest(`unable to parse requirement: invalid label key "${key}" in "${selector}"`);
}

function checkValue(value: string, selector: string): void {
  if (value.length > 63 || !LABEL_VALUE.test(value)) {
    throw badRequest(`unable to parse requirement: invalid label value "${value}" in "${selector}"`);
  }
}

function splitOutsideParentheses(selector: string): string[] {
  if (selector.trim() === '') return [];
  return selector.split(/,(?![^(]*\))/);
}

/** The filter of a fieldSelector parameter over the fields that the kind offers. @throws StatusError 400 */
export function fieldFilter(
  selector: string,
  fields: Readonly<Record<string, (object: KubeObject) => string>>,
): ObjectFilter {
  const tests = selector.split(',').flatMap((text) => {
    if (text.trim() === '') return [];
    const parsed = /^([^=!]+)(==|=|!=)(.*)$/.exec(text.trim());
    if (parsed === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${text}'`);
    const [, name = '', operator = '=', value = ''] = parsed;
    const field = fields[name];
    if (field === undefined) throw badRequest(`field label not supported: ${name}`);
    return [(object: KubeObject) => (field(object) === value) === (operator !== '!=')];
  });
  return (object) => tests.every((matches) => matches(object));
}
