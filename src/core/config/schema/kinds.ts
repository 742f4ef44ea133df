import { ipAddressPool } from './ip-address-pool.ts';
import type { KindDefinition } from './kind.ts';
import { l2Advertisement } from './l2-advertisement.ts';

/** Every kind that configures us, in the order in which they build on each other. */
export const KINDS: readonly KindDefinition[] = [ipAddressPool, l2Advertisement];
