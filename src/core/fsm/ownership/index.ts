export { compareEpochs, isStronger } from './claim-order.ts';
export { Ownership } from './ownership.ts';
export type {
  ClaimReason,
  HelloRefusal,
  OwnershipAction,
  OwnershipEvent,
  OwnershipGrant,
  OwnershipNeighbour,
  OwnershipOptions,
  OwnershipReason,
  OwnershipTiming,
  ReleaseReason,
  RestoredClaim,
  StandInReason,
  Standing,
} from './types.ts';
