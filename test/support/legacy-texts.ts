/** Everything that the configuration of MetalLB 0.12 can say. */
export const WHOLE_LEGACY_TEXT = `peers:
- my-asn: 64500
  peer-asn: 64501
  peer-address: 192.168.33.2
  source-address: 192.168.33.10
  peer-port: 1790
  hold-time: 120s
  keepalive-time: 30s
  router-id: 10.0.0.1
  password: 12345
  bfd-profile: fast
  ebgp-multihop: yes
  node-selectors:
  - match-labels:
      rack: "1"
    match-expressions:
    - key: kubernetes.io/hostname
      operator: In
      values: [a, b]
- my-asn: 64500
  peer-asn: 64501
  peer-address: 192.168.33.4
address-pools:
- name: default
  protocol: bgp
  avoid-buggy-ips: true
  addresses:
  - 192.168.32.0/24
  bgp-advertisements:
  - aggregation-length: 32
    localpref: 100
    communities: [no-advertise, "64512:1"]
  - aggregation-length: 24
    aggregation-length-v6: 64
- name: plain
  protocol: bgp
  addresses: [fd00:1::/64]
- name: home
  protocol: layer2
  auto-assign: no
  addresses:
  - 192.168.1.240-192.168.1.250
- name: second
  protocol: layer2
  addresses: [10.9.0.0/30, fd00:2::/120]
bgp-communities:
  no-advertise: 65535:65282
  blackhole: 65535:666
bfd-profiles:
- name: fast
  receive-interval: 50
  transmit-interval: 60
  detect-multiplier: 5
  echo-interval: 70
  echo-mode: true
  passive-mode: on
  minimum-ttl: 200
`;
