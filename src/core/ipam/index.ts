export type { Choice, Wanted } from './choice.ts';
export { type Claim, type Sharing, type SharingConflict, sharingGroup } from './claim.ts';
export { Ipam, type Vacancy } from './ipam.ts';
export type { Applicant, PoolSpec } from './pool.ts';
export type { AddressRefusal, PoolRefusal, Refusal } from './refusal.ts';
export { RunSet } from './run-set.ts';
