import { type Condition, timeText } from '../../ports/kubernetes.ts';
import { type AddressNews, newsText, united } from './announcement-source.ts';

/** Type of the condition that says from where the addresses of a Service are announced, or why they are not. */
export const ANNOUNCED = 'heraldlb.io/Announced';

/** An API server takes messages of 32 KiB; nobody reads more than this. */
const MAX_MESSAGE_LENGTH = 4_096;

/** What the condition is to say, but for when it came to that; undefined while there is nothing to say yet. */
export function announcedVerdict(
  news: readonly AddressNews[],
): Pick<Condition, 'status' | 'reason' | 'message'> | undefined {
  const counting = united(news);
  if (counting.length === 0 || counting.some(({ kind }) => kind === 'pending')) return undefined;
  const obstacle = counting.find(({ kind }) => kind === 'obstructed' || kind === 'unconcerned');
  const announced = new Set(counting.flatMap(({ kind, address }) => (kind === 'announced' ? [address] : [])));
  const inPart = news.flatMap((one) => (one.kind === 'obstructed' && announced.has(one.address) ? [one.message] : []));
  const warnings = [...counting.flatMap((one) => (one.kind === 'announced' ? (one.warning ?? []) : [])), ...inPart];
  const message = [...counting.map(newsText), ...warnings].join('; ').slice(0, MAX_MESSAGE_LENGTH);
  if (obstacle === undefined) {
    return { status: 'True', reason: warnings.length === 0 ? 'Announced' : 'AnnouncedWithWarnings', message };
  }
  const reason = obstacle.kind === 'obstructed' ? obstacle.reason : 'NoAdvertisement';
  return { status: 'False', reason, message };
}

/** The condition to write; undefined when `conditions` say that already. */
export function changedAnnounced(
  conditions: readonly Condition[],
  verdict: Pick<Condition, 'status' | 'reason' | 'message'>,
  now: Date,
): Condition | undefined {
  const present = conditions.find(({ type }) => type === ANNOUNCED);
  const { status, reason, message } = verdict;
  if (present?.status === status && present.reason === reason && present.message === message) return undefined;
  const since = present?.status === status ? present.lastTransitionTime : timeText(now);
  return { type: ANNOUNCED, ...verdict, lastTransitionTime: since };
}
