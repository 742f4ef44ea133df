import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { EmbeddedApi } from '../../../src/lab/api/embedded-api.ts';
import type { KubeObject } from '../../../src/lab/api/kube-object.ts';

const MANIFESTS = join(import.meta.dirname, '../../../manifests/heraldlb.yaml');

/** Our kinds and MetalLB's, and the namespaces, as a fresh installation has them. */
export function installCrds(api: EmbeddedApi): void {
  for (const document of parseAllDocuments(readFileSync(MANIFESTS, 'utf8'))) {
    const object = document.toJS() as KubeObject;
    if (object.kind === 'CustomResourceDefinition' || object.kind === 'Namespace') api.seed(object);
  }
}
