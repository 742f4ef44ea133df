const INNER =
  /^(veth|cali|cilium|lxc|flannel|cni|cbr|docker|dummy|kube-|nodelocaldns|vxlan|weave|antrea|ovn-|podman|virbr|tun|tap|gre|erspan|ip6gre|genev|lxdbr|nerdctl|br-[0-9a-f]{12}$)/;

/** One for each Pod: `veth…` of most networks, `cali…` of Calico, `lxc…` of Cilium. */
const POD_END = /^(veth|cali|lxc)/;

/** Whether an interface of this name leads to one Pod. */
export function isPodInterface(name: string): boolean {
  return POD_END.test(name);
}

/** Whether container networks, tunnels or kube-proxy make interfaces of this name: nobody of the LAN is behind them. */
export function isInnerInterface(name: string): boolean {
  return INNER.test(name);
}
