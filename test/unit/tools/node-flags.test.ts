import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../../tools/node-flags.ts';

const dockerfile = readFileSync(join(import.meta.dirname, '..', '..', '..', 'Dockerfile'), 'utf8');

it('the Dockerfile starts Node with the flags and the environment of the image that is made without it', () => {
  expect(dockerfile).toContain(
    `ENTRYPOINT ${JSON.stringify(['/usr/local/bin/node', ...NODE_FLAGS]).replaceAll(',', ', ')}`,
  );
  for (const [name, value] of Object.entries(NODE_ENVIRONMENT)) expect(dockerfile).toContain(`${name}=${value}`);
});
