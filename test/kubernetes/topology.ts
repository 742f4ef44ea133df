/** The LAN of the test clusters. */
export interface ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
}

export const CONTROL_PLANE: ClusterNode = {
  name: 'control-plane',
  address: '192.168.10.2',
  podCidr: '10.244.0.0/24',
};

export const CLIENT = { name: 'client', address: '192.168.10.100' } as const;

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

/** What a host has to know to reach the Pods of the others. */
export function routesOf(host: ClusterNode): { readonly podCidr: string; readonly via: string }[] {
  const others = [CONTROL_PLANE, ...NODES].filter(({ name }) => name !== host.name);
  return others.map(({ podCidr, address }) => ({ podCidr, via: address }));
}
