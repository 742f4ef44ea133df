import { z } from 'zod';
import { described } from './fields.ts';
import {
  ageColumn,
  conditionsOnly,
  type DecodeSource,
  type KindDefinition,
  metallbVersion,
  ownVersion,
} from './kind.ts';
import { communityValue } from './text-values.ts';

const alias = z.object({
  name: described(
    z.string().refine((text) => text !== '' && !text.includes(':'), {
      error: 'is no name for a community; write one without ":"',
    }),
    'The name that advertisements use. It counts everywhere: no two objects may give it.',
  ),
  value: described(
    communityValue,
    'Two numbers up to 65535 (`64512:100`), or three up to 4294967295 (`large:64512:1:2`).',
  ),
});

const spec = z.object({
  communities: described(
    z.array(alias).superRefine((aliases, context) => {
      for (const [at, { name }] of aliases.entries()) {
        const first = aliases.findIndex((other) => other.name === name);
        if (first === at) continue;
        context.addIssue({
          code: 'custom',
          path: [at, 'name'],
          message: `is the name of entry ${first} too; rename or remove one of the two`,
        });
      }
    }),
    'Names for values of communities.',
  ).default([]),
});

const version = {
  spec,
  status: conditionsOnly,
  specRequired: false,
  build: (from: z.output<typeof spec>, { origin }: DecodeSource) => ({
    kind: 'Community' as const,
    origin,
    aliases: from.communities,
  }),
};

export const community: KindDefinition = {
  kind: 'Community',
  plural: 'communities',
  singular: 'community',
  shortName: 'lbcom',
  description: 'Names for BGP communities (RFC 1997, RFC 8092), for use in advertisements.',
  versions: [
    // MetalLB has no columns for it, and so the one that kubectl shows by default.
    metallbVersion({ version: 'v1beta1' }, { ...version, columns: [ageColumn] }),
    ownVersion({ ...version, columns: [] }),
  ],
};
