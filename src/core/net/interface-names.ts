const INNER =
  /^(veth|cali|cilium|lxc|flannel|cni|cbr|docker|dummy|kube-|nodelocaldns|vxlan|weave|antrea|ovn-|podman|virbr|tun|tap|gre|erspan|ip6gre|genev|lxdbr|nerdctl|br-[0-9a-f]{12}$)/;

/** Whether container networks, tunnels or kube-proxy make interfaces of this name: nobody of the LAN is behind them. */
export function isInnerInterface(name: string): boolean {
  return INNER.test(name);
}
