/** The LAN of the test clusters. */
export const CONTROL_PLANE = { name: 'control-plane', address: '192.168.10.2' } as const;

export const CLIENT = { name: 'client', address: '192.168.10.100' } as const;

export interface ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
}

export const NODES: readonly ClusterNode[] = [1, 2, 3].map((number) => ({
  name: `node${number}`,
  address: `192.168.10.${10 + number}`,
  podCidr: `10.244.${number}.0/24`,
}));

/** Addresses on the LAN that no host of it has. */
export const POOL = '192.168.10.200-192.168.10.209';

/** A host with its address as `ip address add` wants it. */
export function onLan(host: { readonly name: string; readonly address: string }): {
  readonly name: string;
  readonly address: string;
} {
  return { name: host.name, address: `${host.address}/24` };
}

/** What a node has to know to reach the Pods of the others. */
export function routesOf(node: ClusterNode): { readonly podCidr: string; readonly via: string }[] {
  return NODES.filter((other) => other.name !== node.name).map(({ podCidr, address }) => ({ podCidr, via: address }));
}
