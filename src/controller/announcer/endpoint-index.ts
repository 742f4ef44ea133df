import type { InformerChange } from '../../ports/informer.ts';
import type { EndpointSlice } from '../../ports/kubernetes.ts';

/** Where the endpoints of a Service are that take traffic. */
export interface ServiceEndpoints {
  readonly any: boolean;
  readonly nodes: ReadonlySet<string>;
}

const NONE: ServiceEndpoints = { any: false, nodes: new Set() };

/** The active endpoints of each Service, kept current slice by slice. */
export class EndpointIndex {
  /** BOUNDED: by the EndpointSlices of the cluster. */
  readonly #slices = new Map<string, Map<string, ServiceEndpoints>>();
  /** United over the slices. BOUNDED: by the Services that have one. */
  readonly #services = new Map<string, ServiceEndpoints>();

  of(serviceKey: string): ServiceEndpoints {
    return this.#services.get(serviceKey) ?? NONE;
  }

  /** The Services whose endpoints are not where they were. */
  apply({ key, before, after }: InformerChange<EndpointSlice>): readonly string[] {
    const services = new Set([before, after].flatMap((slice) => (slice === undefined ? [] : [serviceKeyOf(slice)])));
    return [...services].filter((service) => {
      const slice = after !== undefined && serviceKeyOf(after) === service ? endpointsOf(after) : undefined;
      return this.#put(service, key, slice);
    });
  }

  #put(service: string, sliceKey: string, endpoints: ServiceEndpoints | undefined): boolean {
    const slices = this.#slices.get(service) ?? new Map<string, ServiceEndpoints>();
    if (endpoints === undefined) slices.delete(sliceKey);
    else slices.set(sliceKey, endpoints);
    const before = this.of(service);
    const after = united([...slices.values()]);
    if (slices.size === 0) {
      this.#slices.delete(service);
      this.#services.delete(service);
    } else {
      this.#slices.set(service, slices);
      this.#services.set(service, after);
    }
    return before.any !== after.any || !sameNodes(before.nodes, after.nodes);
  }
}

function serviceKeyOf(slice: EndpointSlice): string {
  return `${slice.meta.namespace}/${slice.serviceName}`;
}

/** Absent `ready` means ready; one that terminates counts for as long as it serves. */
function endpointsOf(slice: EndpointSlice): ServiceEndpoints {
  const active = slice.endpoints.filter(({ ready, serving }) => ready !== false || serving === true);
  return { any: active.length > 0, nodes: new Set(active.flatMap(({ nodeName }) => nodeName ?? [])) };
}

function united(slices: readonly ServiceEndpoints[]): ServiceEndpoints {
  return { any: slices.some(({ any }) => any), nodes: new Set(slices.flatMap(({ nodes }) => [...nodes])) };
}

function sameNodes(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((node) => b.has(node));
}
