import { BEFORE_OPEN, type SessionContext } from '../../../src/core/codec/bgp/index.ts';

/** An external peer that can do everything. */
export const EXTERNAL: SessionContext = {
  ...BEFORE_OPEN,
  fourOctetAs: true,
  families: ['IPv4', 'IPv6'],
  routeRefresh: true,
  enhancedRouteRefresh: true,
};

export const INTERNAL: SessionContext = { ...EXTERNAL, internal: true };

/** An external peer that knows 16-bit AS numbers only, and no IPv6. */
export const OLD: SessionContext = { ...EXTERNAL, fourOctetAs: false, families: ['IPv4'] };
