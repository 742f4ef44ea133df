import type { ApiObject } from '../../kubernetes/api.ts';

const integer = { type: 'integer' };
const text = { type: 'string' };

/** A kind with one field for each thing that a schema can say; `v1beta1` knows less of it and checks nothing. */
export function widgetDefinition(group: string): ApiObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: false,
          schema: schemaOf({ spec: { type: 'object', properties: { size: integer, name: text } } }),
        },
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: schemaOf({ spec: SPEC, status: { type: 'object', properties: { n: integer } } }),
          subresources: { status: {} },
        },
      ],
    },
  };
}

function schemaOf(properties: ApiObject): ApiObject {
  return { openAPIV3Schema: { type: 'object', properties } };
}

const SPEC = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5, minLength: 2 },
    mode: { type: 'string', enum: ['A', 'B'], default: 'A' },
    on: { type: 'boolean' },
    list: { type: 'array', minItems: 1, maxItems: 2, items: text },
    portOrName: { 'x-kubernetes-int-or-string': true },
    nested: { type: 'object', default: {}, properties: { a: { type: 'string', default: 'x' }, b: integer } },
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    map: { type: 'object', additionalProperties: integer },
    items: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', required: ['k'], properties: { k: text, v: integer } },
    },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    when: { type: 'string', format: 'date-time' },
    ip: { type: 'string', format: 'ipv4' },
    fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'never changes' }] },
    x: integer,
    y: integer,
  },
  'x-kubernetes-validations': [
    { rule: '!has(self.x) || !has(self.y) || self.x <= self.y', message: 'x must not exceed y' },
    { rule: '!has(self.x) || self.x != 7', message: 'x is seven', reason: 'FieldValueForbidden', fieldPath: '.x' },
  ],
};
