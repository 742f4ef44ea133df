import { z } from 'zod';
import { described } from './fields.ts';
import { ageColumn, type ServedKind } from './kind.ts';
import { statusSubject } from './service-l2-status.ts';

const peers = described(
  z.array(z.string()),
  'Names of the BGPPeers that the node is to tell of the Service.',
).optional();

const establishedPeers = described(
  z.array(z.string()),
  'Those of them whose session with the node is established.',
).optional();

const columns = [
  { name: 'Node', type: 'string', jsonPath: '.status.node' },
  { name: 'Service Name', type: 'string', jsonPath: '.status.serviceName' },
  { name: 'Service Namespace', type: 'string', jsonPath: '.status.serviceNamespace' },
] as const;

export const serviceBgpStatus: ServedKind = {
  kind: 'ServiceBGPStatus',
  plural: 'servicebgpstatuses',
  singular: 'servicebgpstatus',
  shortName: 'lbbgpstatus',
  description: 'Says which routers a node is to tell of a Service. Written by the controller.',
  versions: [
    {
      group: 'metallb.io',
      version: 'v1beta1',
      specRequired: false,
      spec: z.object({}),
      status: z.object({ ...statusSubject, peers }),
      rules: [],
      columns,
    },
    {
      group: 'heraldlb.io',
      version: 'v1',
      specRequired: false,
      spec: z.object({}),
      status: z.object({ ...statusSubject, peers, establishedPeers }),
      rules: [],
      columns: [...columns, ageColumn],
    },
  ],
};
