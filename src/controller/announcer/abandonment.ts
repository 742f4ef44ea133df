import type { IpAddress } from '../../core/net/index.ts';
import type { Placement } from '../../core/placement/placement.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import { isSignOfLife } from '../speakers/testimonies.ts';

/**
 * The addresses that a silent node owns and whose standbys know nothing of it: they have restarted themselves, say, so that
 * none of them would ever take over. What other neighbours say of it helps these addresses not.
 */
export function abandonedAddresses(nodeName: string, placement: Placement, speakers: Speakers): readonly IpAddress[] {
  const witnesses = speakers.witnessesOf(nodeName);
  return placement.addressesOf(nodeName).filter((address) => {
    const [owner, ...standbys] = placement.candidatesOf(address);
    const present = standbys.filter((node) => speakers.speaker(node)?.presence === 'connected');
    return owner === nodeName && present.length > 0 && !present.some((node) => isSignOfLife(witnesses.get(node)));
  });
}
