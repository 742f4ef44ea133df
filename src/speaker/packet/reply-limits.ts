import type { MacAddress } from '../../core/net/index.ts';
import { type Rate, TokenBucket } from '../token-bucket.ts';
import { RequesterLimit } from './requester-limit.ts';

const INTERFACE_REPLIES: Rate = { perSecond: 2000, burst: 4000 };
/** A router that starts anew asks for all addresses at once: that many must pass, and still leave room for others. */
const REQUESTER_REPLIES: Rate = { perSecond: 500, burst: 1000 };
const REMEMBERED_REQUESTERS = 4096;

/** How many replies one interface gives, to each requester and altogether. */
export class ReplyLimits {
  readonly #interface: TokenBucket;
  readonly #requesters = new RequesterLimit(REQUESTER_REPLIES, REMEMBERED_REQUESTERS);

  constructor(nowMs: number) {
    this.#interface = new TokenBucket(INTERFACE_REPLIES, nowMs);
  }

  /** Why nothing may be replied now; undefined: it may, and counts. */
  take(requester: MacAddress, nowMs: number): 'requester-rate-limit' | 'interface-rate-limit' | undefined {
    if (!this.#requesters.take(requester, nowMs)) return 'requester-rate-limit';
    return this.#interface.take(nowMs) ? undefined : 'interface-rate-limit';
  }
}
