import { setTimeout as sleep } from 'node:timers/promises';
import { arpAnnouncement, decodeArpFrame, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { decodeNdpFrame, encodeNdpFrame, surveyingSolicitation } from '../../src/core/codec/ndp/index.ts';
import type { Ipv4, Ipv6 } from '../../src/core/net/index.ts';
import { v4, v6 } from '../../test/support/fake-lan.ts';
import { BlockingStation } from '../../test/support/namespace-lan.ts';
import { quantile, rounded } from './process-figures.ts';

const QUESTIONS = 500;
const PAUSE_MS = 10;
/** Of the host that asks. */
const ASKER = { v4: v4('10.9.0.200'), v6: v6('fd09::ffff') };

/** How long answers took. */
export interface AnswerTimes {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly lost: number;
}

/** Asks by ARP at a hundred a second, waiting for each answer. */
export async function arpAnswerTimes(host: string, addresses: readonly Ipv4[]): Promise<AnswerTimes> {
  const station = await BlockingStation.open(host);
  return answerTimes(station, addresses, (address) => ({
    question: encodeArpFrame({ ...arpAnnouncement(station.mac, address), spa: ASKER.v4 }),
    isAnswer: (octets) => {
      const { op, spa } = decodeArpFrame(octets);
      return op === 2 && spa === address;
    },
  }));
}

/** The same by NDP. */
export async function ndpAnswerTimes(host: string, addresses: readonly Ipv6[]): Promise<AnswerTimes> {
  const station = await BlockingStation.open(host, 'ndp');
  return answerTimes(station, addresses, (address) => ({
    question: encodeNdpFrame(surveyingSolicitation(station.mac, address, ASKER.v6)),
    isAnswer: (octets) => advertises(octets, address),
  }));
}

/** The socket hears all of IPv6. */
function advertises(octets: Uint8Array, address: Ipv6): boolean {
  try {
    const { message } = decodeNdpFrame(octets);
    return message.kind === 'advertisement' && message.solicited && message.target === address;
  } catch {
    return false;
  }
}

interface Exchange {
  readonly question: Uint8Array;
  readonly isAnswer: (octets: Uint8Array) => boolean;
}

async function answerTimes<A>(
  station: BlockingStation,
  addresses: readonly A[],
  exchangeOf: (address: A) => Exchange,
): Promise<AnswerTimes> {
  const us: number[] = [];
  let lost = 0;
  for (let index = 0; index < QUESTIONS; index += 1) {
    await sleep(PAUSE_MS);
    const address = addresses[index % addresses.length];
    if (address === undefined) continue;
    const { question, isAnswer } = exchangeOf(address);
    const startedAt = performance.now();
    if (station.exchange(question, isAnswer)) us.push((performance.now() - startedAt) * 1000);
    else lost += 1;
  }
  station.close();
  return { p50Us: rounded(quantile(us, 0.5), 0), p99Us: rounded(quantile(us, 0.99), 0), lost };
}
