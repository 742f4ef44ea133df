import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './api-client.ts';

/** Every object of a file with YAML documents, in order. */
export async function readObjects(file: string): Promise<KubernetesObject[]> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  return documents.map((document) => document.toJS() as KubernetesObject | null).filter((object) => object !== null);
}

/** Every object that `kubectl apply -k FOLDER` would send, with the namespace that the kustomization sets. */
export async function readKustomization(folder: string): Promise<KubernetesObject[]> {
  const { resources = [] } = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8')) as {
    resources?: string[];
  };
  const objects = await Promise.all(
    resources.map((resource) =>
      /\.ya?ml$/.test(resource) ? readObjects(join(folder, resource)) : readKustomization(join(folder, resource)),
    ),
  );
  return objects.flat();
}
