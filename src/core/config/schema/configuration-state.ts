import { z } from 'zod';
import { described } from './fields.ts';
import { ageColumn, conditions, type ServedKind } from './kind.ts';

/** As long as the message of a condition may be. */
export const ERROR_SUMMARY_LENGTH_MAX = 32_768;

const result = described(
  z.enum(['Valid', 'Invalid', 'Unknown']),
  '`Valid`: all that concerns this program is in force as it is written. `Unknown`: a speaker has no session with the controller.',
).optional();

const errorSummary = described(
  z.string().max(ERROR_SUMMARY_LENGTH_MAX),
  'One line for each object that is not in force as it is written: what its own condition `Valid` says.',
).optional();

/** Only in MetalLB's group, for what looks there: in ours the objects themselves say it. */
export const configurationState: ServedKind = {
  kind: 'ConfigurationState',
  plural: 'configurationstates',
  singular: 'configurationstate',
  shortName: 'lbconfigstate',
  description:
    'Says of the controller, or of the speaker of a node, whether the configuration that concerns it is in force. Written by the controller.',
  versions: [
    {
      group: 'metallb.io',
      version: 'v1beta1',
      specRequired: false,
      spec: z.object({}),
      status: z.object({
        result,
        errorSummary,
        conditions: described(
          conditions,
          '`poolReconcilerValid` or `configReconcilerValid`, as MetalLB has them.',
        ).optional(),
      }),
      rules: [],
      columns: [
        { name: 'Result', type: 'string', jsonPath: '.status.result' },
        { name: 'ErrorSummary', type: 'string', jsonPath: '.status.errorSummary' },
        ageColumn,
      ],
    },
  ],
};
