import { familyOf, type IpFamily, parseIp } from '../../core/net/index.ts';
import type { Service } from '../../ports/kubernetes.ts';

export type WantedFamilies =
  | {
      readonly kind: 'wanted';
      /** The preferred one first. */
      readonly families: readonly IpFamily[];
      /** False: one of two will do. */
      readonly everyFamily: boolean;
    }
  | { readonly kind: 'undetermined'; readonly problem: string };

/** Of which families a Service's addresses are to be: those of its cluster IPs. */
export function wantedFamilies({ spec }: Service): WantedFamilies {
  const ofClusterIps = spec.clusterIPs.flatMap((text) => {
    const address = parseIp(text);
    return address === undefined ? [] : [familyOf(address)];
  });
  const families = [...new Set(ofClusterIps)];
  if (families.length === 0) {
    return undetermined(
      'it has no cluster IP, so no traffic could be forwarded (spec.clusterIPs names no address); wait for one, or take clusterIP: None away',
    );
  }
  if (families.length < ofClusterIps.length) {
    return undetermined(
      `spec.clusterIPs (${spec.clusterIPs.join(', ')}) has two addresses of one family; leave one of each family`,
    );
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    return undetermined(
      `spec.ipFamilyPolicy is RequireDualStack, but it has one cluster IP only (${spec.clusterIPs.join(', ')}); write PreferDualStack, or give the cluster Service addresses of both families`,
    );
  }
  const [primary] = spec.ipFamilies;
  const ordered = [...families].sort((a, b) => Number(b === primary) - Number(a === primary));
  return { kind: 'wanted', families: ordered, everyFamily: spec.ipFamilyPolicy !== 'PreferDualStack' };
}

function undetermined(problem: string): WantedFamilies {
  return { kind: 'undetermined', problem };
}
