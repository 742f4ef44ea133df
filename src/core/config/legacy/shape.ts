/** What may stand at a place of the legacy configuration, and what it is called in our objects. */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'boolean' }
  | { readonly kind: 'list'; readonly item: Shape }
  /** Names that the user chose, to texts. */
  | { readonly kind: 'map' }
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, FieldShape>> };

export interface FieldShape {
  /** Its name in the spec of the object. */
  readonly to: string;
  readonly shape: Shape;
  /** What to write when it is missing; absent: it may be missing. */
  readonly required?: string;
}

export type FieldsShape = Extract<Shape, { readonly kind: 'fields' }>;

const TEXT: Shape = { kind: 'text' };
const NUMBER: Shape = { kind: 'number' };
const BOOLEAN: Shape = { kind: 'boolean' };
const TEXTS: Shape = { kind: 'list', item: TEXT };

const field = (to: string, shape: Shape, required?: string): FieldShape =>
  required === undefined ? { to, shape } : { to, shape, required };

const fields = (entries: Readonly<Record<string, FieldShape>>): FieldsShape => ({ kind: 'fields', fields: entries });

const NODE_SELECTOR = fields({
  'match-labels': field('matchLabels', { kind: 'map' }),
  'match-expressions': field('matchExpressions', {
    kind: 'list',
    item: fields({ key: field('key', TEXT), operator: field('operator', TEXT), values: field('values', TEXTS) }),
  }),
});

/** One of `peers`. @see MetalLB 0.12, the configuration file */
export const PEER = fields({
  'my-asn': field('myASN', NUMBER, 'write the number of your AS'),
  'peer-asn': field('peerASN', NUMBER, 'write the number of the AS of the router'),
  'peer-address': field('peerAddress', TEXT, 'write the address of the router'),
  'source-address': field('sourceAddress', TEXT),
  'peer-port': field('peerPort', NUMBER),
  'hold-time': field('holdTime', TEXT),
  'keepalive-time': field('keepaliveTime', TEXT),
  'router-id': field('routerID', TEXT),
  'node-selectors': field('nodeSelectors', { kind: 'list', item: NODE_SELECTOR }),
  password: field('password', TEXT),
  'bfd-profile': field('bfdProfile', TEXT),
  'ebgp-multihop': field('ebgpMultiHop', BOOLEAN),
});

/** One of `bgp-advertisements` of a pool. */
export const BGP_ADVERTISEMENT = fields({
  'aggregation-length': field('aggregationLength', NUMBER),
  'aggregation-length-v6': field('aggregationLengthV6', NUMBER),
  localpref: field('localPref', NUMBER),
  communities: field('communities', TEXTS),
});

/** One of `address-pools`. What goes into other objects than the pool is read, and taken from there. */
export const POOL = fields({
  name: field('name', TEXT, 'write a name, by which Services can ask for the pool'),
  protocol: field('protocol', TEXT, 'write layer2 or bgp'),
  addresses: field('addresses', TEXTS, 'write a list of CIDRs or ranges'),
  'auto-assign': field('autoAssign', BOOLEAN),
  'avoid-buggy-ips': field('avoidBuggyIPs', BOOLEAN),
  'bgp-advertisements': field('bgpAdvertisements', { kind: 'list', item: BGP_ADVERTISEMENT }),
});

/** One of `bfd-profiles`. */
export const BFD_PROFILE = fields({
  name: field('name', TEXT, 'write a name, which peers use'),
  'receive-interval': field('receiveInterval', NUMBER),
  'transmit-interval': field('transmitInterval', NUMBER),
  'detect-multiplier': field('detectMultiplier', NUMBER),
  'echo-interval': field('echoInterval', NUMBER),
  'echo-mode': field('echoMode', BOOLEAN),
  'passive-mode': field('passiveMode', BOOLEAN),
  'minimum-ttl': field('minimumTtl', NUMBER),
});

/** The whole. */
export const ROOT = fields({
  peers: field('peers', { kind: 'list', item: PEER }),
  'address-pools': field('addressPools', { kind: 'list', item: POOL }),
  'bgp-communities': field('bgpCommunities', { kind: 'map' }),
  'bfd-profiles': field('bfdProfiles', { kind: 'list', item: BFD_PROFILE }),
});

/** Our name of a field to the legacy one, for messages. BOUNDED: by the fields above. */
export const LEGACY_NAMES: ReadonlyMap<string, string> = new Map(
  [PEER, NODE_SELECTOR, BGP_ADVERTISEMENT, POOL, BFD_PROFILE].flatMap((shape) =>
    Object.entries(shape.fields).map(([legacy, { to }]) => [to, legacy] as const),
  ),
);
