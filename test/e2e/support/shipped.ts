import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiObject } from '../../kubernetes/api.ts';
import type { ControlPlane } from '../../kubernetes/control-plane.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Where `npm run build` put the release. */
export const DIST = process.env.HERALDLB_DIST ?? join(ROOT, 'dist');
export const MANIFESTS = join(ROOT, 'manifests');
export const NAMESPACE = 'heraldlb-system';

/** What a kubelet knows about a Pod when it starts its containers. */
export interface PodFacts {
  readonly name: string;
  readonly namespace: string;
  readonly nodeName: string;
  readonly address: string;
  readonly hostAddress: string;
}

/** What `kubectl apply -k manifests` would send, or one of the folders in it. */
export async function shippedObjects(controlPlane: ControlPlane, kustomization = '.'): Promise<readonly ApiObject[]> {
  const documents = parseAllDocuments(await controlPlane.kubectl(['kustomize', join(MANIFESTS, kustomization)]));
  return documents.map((document) => document.toJS() as ApiObject);
}

/** The one object of a kind and name that is shipped. */
export function shipped(objects: readonly ApiObject[], kind: string, name: string): ApiObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`the manifests have no ${kind} ${name}`);
  return found;
}

/** A Pod of a shipped workload, placed on a node. */
export function podOf(workload: ApiObject, name: string, nodeName: string): ApiObject {
  const { metadata, spec } = workload.spec.template as ApiObject;
  return { metadata: { ...metadata, name, namespace: NAMESPACE }, spec: { ...spec, nodeName } };
}

/** The arguments of a Pod's only container. */
export function argumentsOf(pod: ApiObject): readonly string[] {
  return (pod.spec.containers[0].args ?? []) as string[];
}

/** The environment that a kubelet would give to a Pod's only container. */
export function environmentOf(pod: ApiObject, facts: PodFacts): NodeJS.ProcessEnv {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': facts.name,
    'metadata.namespace': facts.namespace,
    'spec.nodeName': facts.nodeName,
    'status.podIP': facts.address,
    'status.hostIP': facts.hostAddress,
  };
  const variables = (pod.spec.containers[0].env ?? []) as ApiObject[];
  return Object.fromEntries(
    variables.map(({ name, value, valueFrom }) => [name, value ?? fields[valueFrom?.fieldRef?.fieldPath]]),
  ) as NodeJS.ProcessEnv;
}
