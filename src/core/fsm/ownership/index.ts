export { compareEpochs, isStronger } from './claim-order.ts';
export { Ownership } from './ownership.ts';
export type {
  ClaimReason,
  OwnershipAction,
  OwnershipEvent,
  OwnershipGrant,
  OwnershipNeighbour,
  OwnershipOptions,
  OwnershipTiming,
  RestoredClaim,
  Standing,
} from './types.ts';
