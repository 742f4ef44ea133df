import { formatIp } from '../../core/net/index.ts';
import type { ResourceType } from '../../ports/informer.ts';
import { timeText } from '../../ports/kubernetes.ts';
import type { AnnouncementState } from '../announcer/service-announcement.ts';
import type { NodeStatus } from './status-object.ts';

/** What ServiceL2Status objects are to say of a Service; undefined while nothing can be said. */
export function layer2Statuses(
  states: readonly AnnouncementState[],
  { group }: Pick<ResourceType, 'group'>,
): readonly NodeStatus[] | undefined {
  if (states.some(({ obstacle }) => obstacle?.reason === 'Starting')) return undefined;
  const nodes = new Set(states.flatMap(({ ownership }) => ownership?.node ?? []));
  return [...nodes].sort().map((node) => {
    const owned = states.filter(({ ownership }) => ownership?.node === node);
    const interfaces = [...new Set(owned.flatMap((state) => state.interfaces ?? []))].sort();
    return {
      node,
      details: {
        interfaces: interfaces.map((name) => ({ name })),
        ...(group === 'metallb.io' ? {} : { addresses: owned.flatMap(addressOf) }),
      },
    };
  });
}

function addressOf({ address, ownership }: AnnouncementState): object[] {
  if (ownership === undefined) return [];
  const { since, reason, gapMs, verifiedAt } = ownership;
  return [
    {
      address: formatIp(address),
      since: timeText(since),
      reason,
      ...(gapMs === undefined ? {} : { gapMilliseconds: gapMs }),
      ...(verifiedAt === undefined ? {} : { verifiedAt: timeText(verifiedAt) }),
    },
  ];
}
