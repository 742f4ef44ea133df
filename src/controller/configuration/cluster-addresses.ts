import { type ClusterRange, type ClusterRanges, clusterRangesOf } from '../../core/config/cluster-ranges.ts';
import { sameValue } from '../../core/config/same-value.ts';
import { familyBits, familyOf, parseIp, parsePrefix, rangeOf } from '../../core/net/index.ts';
import type { Informer } from '../../ports/informer.ts';
import type { Node, Service, ServiceCidr } from '../../ports/kubernetes.ts';

export interface ClusterAddressesDependencies {
  readonly nodes: Informer<Node>;
  readonly serviceCidrs: Informer<ServiceCidr>;
  readonly services: Informer<Service>;
}

/** The Service of the API server: one of its cluster IPs is known where ServiceCIDR objects are not served (before 1.33). */
const API_SERVER_SERVICE = 'default/kubernetes';

/** The addresses that Pods and Services have inside the cluster, where no pool may reach. */
export class ClusterAddresses {
  readonly #dependencies: ClusterAddressesDependencies;
  #ranges: ClusterRanges | undefined;

  constructor(dependencies: ClusterAddressesDependencies) {
    this.#dependencies = dependencies;
  }

  ranges(): ClusterRanges {
    this.#ranges ??= clusterRangesOf([...this.#podRanges(), ...this.#serviceRanges()]);
    return this.#ranges;
  }

  async synced(signal: AbortSignal): Promise<void> {
    const { nodes, serviceCidrs, services } = this.#dependencies;
    await Promise.all([nodes.synced(signal), serviceCidrs.synced(signal), services.synced(signal)]);
  }

  /** Tells when the ranges are others; the result ends it. */
  onChange(listener: () => void): () => void {
    const { nodes, serviceCidrs, services } = this.#dependencies;
    const changed = (): void => {
      this.#ranges = undefined;
      listener();
    };
    const stops = [
      nodes.onChange(({ before, after }) => {
        if (!sameValue(before?.podCIDRs ?? [], after?.podCIDRs ?? [])) changed();
      }),
      serviceCidrs.onChange(changed),
      services.onChange(({ key, before, after }) => {
        if (key === API_SERVER_SERVICE && !sameValue(before?.spec.clusterIPs, after?.spec.clusterIPs)) changed();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #podRanges(): ClusterRange[] {
    return this.#dependencies.nodes
      .list()
      .flatMap(({ meta, podCIDRs = [] }) =>
        rangesOfCidrs(podCIDRs, `where the Pods of node "${meta.name}" have their addresses (spec.podCIDRs)`),
      );
  }

  #serviceRanges(): ClusterRange[] {
    const { serviceCidrs, services } = this.#dependencies;
    const declared = serviceCidrs
      .list()
      .flatMap(({ meta, cidrs }) =>
        rangesOfCidrs(cidrs, `where Services have their cluster IPs (ServiceCIDR "${meta.name}")`),
      );
    const single = (services.get(API_SERVER_SERVICE)?.spec.clusterIPs ?? []).flatMap((text) => {
      const address = parseIp(text);
      return address === undefined ? [] : [`${text}/${familyBits(familyOf(address))}`];
    });
    return [...declared, ...rangesOfCidrs(single, `the cluster IP of Service ${API_SERVER_SERVICE}`)];
  }
}

function rangesOfCidrs(cidrs: readonly string[], owner: string): ClusterRange[] {
  return cidrs.flatMap((text) => {
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ range: rangeOf(prefix), owner }];
  });
}
