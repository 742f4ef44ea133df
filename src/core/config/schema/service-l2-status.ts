import { z } from 'zod';
import { described } from './fields.ts';
import { ageColumn, type ServedKind } from './kind.ts';

/** Of which Service and node an object speaks: that never changes, since its name is made of it. */
export const statusSubject = {
  node: immutable('The node that announces.'),
  serviceName: immutable('Name of the Service.'),
  serviceNamespace: immutable('Namespace of the Service.'),
};

const statusColumns = [
  { name: 'Allocated Node', type: 'string', jsonPath: '.status.node' },
  { name: 'Service Name', type: 'string', jsonPath: '.status.serviceName' },
  { name: 'Service Namespace', type: 'string', jsonPath: '.status.serviceNamespace' },
] as const;

const interfaces = described(
  z.array(z.object({ name: z.string().optional() })),
  'The interfaces of the node that answer. Empty: every interface that is fit for it.',
).optional();

const time = z.string().meta({ format: 'date-time' });

const addresses = described(
  z.array(
    z.object({
      address: z.string(),
      since: described(time, 'Since when this node announces the address.'),
      reason: described(z.string(), 'Why it came to announce it.'),
      gapMilliseconds: described(
        z.int().min(0).meta({ format: 'int64' }),
        'From the last sign of life of the former owner to the first claim of this one.',
      ).optional(),
      verifiedAt: described(time, 'When another node last asked the LAN for it, and this one answered.').optional(),
    }),
  ),
  'The addresses of the Service that this node announces.',
).optional();

export const serviceL2Status: ServedKind = {
  kind: 'ServiceL2Status',
  plural: 'servicel2statuses',
  singular: 'servicel2status',
  shortName: 'lbl2status',
  description: 'Says which node announces a Service on the local network. Written by the controller.',
  versions: [
    {
      group: 'metallb.io',
      version: 'v1beta1',
      specRequired: false,
      spec: z.object({}),
      status: z.object({ ...statusSubject, interfaces }),
      rules: [],
      columns: statusColumns,
    },
    {
      group: 'heraldlb.io',
      version: 'v1',
      specRequired: false,
      spec: z.object({}),
      status: z.object({ ...statusSubject, interfaces, addresses }),
      rules: [],
      columns: [...statusColumns, ageColumn],
    },
  ],
};

function immutable(description: string) {
  return described(z.string(), description, { rule: 'self == oldSelf', message: 'Value is immutable' }).optional();
}
