import { describe, expect, it } from 'vitest';
import { labelValue, statusObject } from '../../../../src/controller/announced/status-object.ts';

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL_VALUE = /^[a-z0-9]([-a-z0-9_.]{0,61}[a-z0-9])?$/;

describe('the label with the name of a node', () => {
  it('is the name, when a label can hold it', () => {
    expect(labelValue('node-a.example.org')).toBe('node-a.example.org');
    const { labels } = statusObject(
      'default/web',
      { node: 'node-a', details: {} },
      { namespace: 'n', prefix: 'l2', node: undefined },
    );
    expect(labels).toMatchObject({ 'metallb.io/node': 'node-a' });
  });

  it('is valid wherever a longer name is cut', () => {
    for (let length = 55; length <= 63; length += 1) {
      const name = `${'n'.repeat(length)}.-.example.org`;
      expect(labelValue(name)).toMatch(LABEL_VALUE);
      expect(name.startsWith(labelValue(name))).toBe(true);
    }
  });
});
