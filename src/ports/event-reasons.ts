/** What an event with a reason says, in the reference of events too. */
interface ReasonRow {
  /** Kind of the object that it is about. */
  readonly about: string;
  /** Two where it may be either. */
  readonly types: readonly ('Normal' | 'Warning')[];
  /** When it is told. */
  readonly when: string;
}

const NORMAL = ['Normal'] as const;
const WARNING = ['Warning'] as const;

/**
 * The reasons of every event: no other can be recorded. Those of the cloud-provider's service controller and of MetalLB are
 * theirs, in their spelling.
 */
export const EVENT_REASONS = {
  EnsuringLoadBalancer: { about: 'Service', types: NORMAL, when: 'work on its address begins' },
  EnsuredLoadBalancer: { about: 'Service', types: NORMAL, when: 'its address is in its status' },
  UpdatedLoadBalancer: { about: 'Service', types: NORMAL, when: 'nodes came or went, and it was told so' },
  DeletingLoadBalancer: { about: 'Service', types: NORMAL, when: 'its address is being taken back' },
  DeletedLoadBalancer: { about: 'Service', types: NORMAL, when: 'its address is free again' },
  SyncLoadBalancerFailed: { about: 'Service', types: WARNING, when: 'work on it failed; it is tried again' },
  UpdateLoadBalancerFailed: { about: 'Service', types: WARNING, when: 'a change of nodes could not be carried out' },
  DeleteLoadBalancerFailed: { about: 'Service', types: WARNING, when: 'its address could not be taken back' },
  UnAvailableLoadBalancer: { about: 'Service', types: WARNING, when: 'no node may take its traffic' },
  LoadBalancerPending: { about: 'Service', types: NORMAL, when: 'it is put off for a known time' },
  StatusOverwritten: { about: 'Service', types: WARNING, when: 'somebody else keeps writing its status' },
  IPAllocated: { about: 'Service', types: NORMAL, when: 'it got an address' },
  ClearAssignment: { about: 'Service', types: NORMAL, when: 'it lost an address, and why' },
  AdditionalAssignFailed: { about: 'Service', types: NORMAL, when: 'it has one family, and no address of the other' },
  AllocationFailed: { about: 'Service', types: WARNING, when: 'there is no address for it, and why in each pool' },
  LoadBalancerFailed: { about: 'Service', types: WARNING, when: 'what it asks for cannot be; it keeps what it has' },
  ContradictoryRequests: { about: 'Service', types: WARNING, when: 'it asks for two things; which one counts' },
  deprecatedAnnotation: { about: 'Service', types: WARNING, when: 'an annotation has a newer name' },
  nodeAssigned: { about: 'Service', types: NORMAL, when: 'it is announced, from where, and how that came' },
  NotAnnounced: { about: 'Service', types: WARNING, when: 'nobody announces one of its addresses, and why' },
  AnnouncementDisputed: { about: 'Service', types: WARNING, when: 'it is announced, but not as it should be' },
  AddressConflict: { about: 'Service', types: WARNING, when: 'another host has one of its addresses' },
  AddressConflictOver: { about: 'Service', types: NORMAL, when: 'no other host has the address any more' },
  AddressInUse: {
    about: 'IPAddressPool, Service',
    types: WARNING,
    when: 'other hosts have addresses that are to be given out or announced',
  },
  DuplicateMAC: { about: 'Node', types: WARNING, when: 'another host uses the MAC of one of its interfaces' },
  AnswersEverything: { about: 'Node', types: WARNING, when: 'a host on its LAN answers for every address' },
  KernelAnswers: { about: 'Node', types: WARNING, when: 'its kernel answers ARP for an address that is announced' },
  GroupsRefused: { about: 'Node', types: WARNING, when: 'its kernel joins no multicast group on an interface' },
  NeighbourUnheard: { about: 'Node', types: WARNING, when: 'another node never heard it: a firewall, most likely' },
  EndpointsRetired: {
    about: 'Node',
    types: WARNING,
    when: 'its neighbours call it dead: its Pods were marked not ready',
  },
  OtherLoadBalancer: {
    about: 'Service heraldlb-controller',
    types: WARNING,
    when: 'MetalLB, or a second HeraldLB, runs in the cluster and serves the same Services',
  },
  SessionUp: { about: 'BGPPeer', types: NORMAL, when: 'the session of a node was established' },
  SessionDown: { about: 'BGPPeer', types: WARNING, when: 'the session of a node ended, and why' },
  InForce: { about: 'configuration objects', types: NORMAL, when: 'it is in force again as it is written' },
  Invalid: { about: 'configuration objects', types: WARNING, when: 'a field is wrong by itself' },
  Overlap: { about: 'IPAddressPool', types: WARNING, when: 'its addresses are those of another pool too' },
  DuplicateName: { about: 'configuration objects', types: WARNING, when: 'another object has its name already' },
  Conflict: { about: 'configuration objects', types: WARNING, when: 'it contradicts another object' },
  NotSupported: { about: 'configuration objects', types: WARNING, when: 'it asks for what HeraldLB cannot do' },
  ReferenceMissing: {
    about: 'configuration objects',
    types: WARNING,
    when: 'it names what is not there or not in force',
  },
  NamespaceNotRead: { about: 'configuration objects', types: WARNING, when: 'objects of its namespace do not count' },
} as const satisfies Readonly<Record<string, ReasonRow>>;

export type EventReason = keyof typeof EVENT_REASONS;
