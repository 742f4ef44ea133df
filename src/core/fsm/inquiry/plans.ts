import type { InquiryConfig } from './types.ts';

const PACE = { framesPerSecond: 1000, framesAtOnce: 20, pauseMs: 20, stationsMax: 8 };

/**
 * RFC 5227 §1.1 has three probes a second or two apart and waits two seconds more, 4 to 7 s in all, which is for hosts that
 * boot behind switch ports that are not open yet. Here somebody waits for a Service, on a port that carries traffic already: three
 * probes within 0.4 s outlast the loss of two, and 0.3 s more is what stations behind an access point need to answer. Who answers even
 * later is seen as a conflict of an announced address.
 */
export const ARP_INQUIRY: InquiryConfig = { ...PACE, askAtMs: [0, 200, 400], judgeAfterMs: 300 };

/** One solicitation and a wait of 1 s are the defaults of RFC 4862 §5.1; the second one outlasts a loss within that second. */
export const NDP_INQUIRY: InquiryConfig = { ...PACE, askAtMs: [0, 400], judgeAfterMs: 600 };
