import type { Invocation } from '../../../ports/workloads.ts';

/** @see Kubernetes API core/v1 Container */
export interface WireContainer {
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

export function mapInvocation(containers: readonly WireContainer[]): Invocation {
  const variables = containers.flatMap(({ env = [] }) => env);
  return {
    args: containers.flatMap(({ args = [] }) => args),
    environment: Object.fromEntries(
      variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
    ),
  };
}
