import { formatIp, type IpAddress } from '../../core/net/index.ts';

/** What one protocol says of an address of a Service. */
export type AddressNews =
  /** `sentence` goes on after the address: from where, since when. */
  | {
      readonly kind: 'announced';
      readonly address: IpAddress;
      /** As MetalLB calls it in its events. */
      readonly protocol: 'layer2' | 'bgp';
      readonly sentence: string;
      /** In few words, for events: how it came to that. */
      readonly how: string;
      /** For events: the node, or how many. */
      readonly from: string;
      /** Absent where nobody keeps account of it. */
      readonly since?: Date;
      /** What is wrong all the same. */
      readonly warning?: string;
    }
  /** It is on its way: nothing is to be said yet. */
  | { readonly kind: 'pending'; readonly address: IpAddress }
  /** CamelCase reason, and one sentence with names that says why and what to do. */
  | { readonly kind: 'obstructed'; readonly address: IpAddress; readonly reason: string; readonly message: string }
  /** No advertisement of this protocol is for it: that counts only when no protocol has one. */
  | { readonly kind: 'unconcerned'; readonly address: IpAddress; readonly message: string };

/** A protocol by which Services are announced. */
export interface AnnouncementSource {
  /** One for each address of the Service; empty when it has none. */
  newsOf(serviceKey: string): readonly AddressNews[];
  /** Told when there is other news of the Service. Must not throw. */
  onChange(listener: (serviceKey: string) => void): void;
}

/** For people: the address and what is said of it. */
export function newsText(news: AddressNews): string {
  const address = formatIp(news.address);
  if (news.kind === 'announced') return `${address} ${news.sentence}`;
  return news.kind === 'pending' ? `${address} is on its way` : `${address} is not announced: ${news.message}`;
}

/** The news of each address that counts: of the protocols that are concerned, or that none is; the same obstacle once. */
export function united(news: readonly AddressNews[]): readonly AddressNews[] {
  const counting = relevant(news);
  return counting.filter(
    (one, at) =>
      one.kind !== 'obstructed' ||
      counting.findIndex(
        (other) => other.kind === 'obstructed' && other.address === one.address && other.message === one.message,
      ) === at,
  );
}

function relevant(news: readonly AddressNews[]): readonly AddressNews[] {
  const concerned = new Set(news.filter(({ kind }) => kind !== 'unconcerned').map(({ address }) => address));
  const announced = new Set(news.filter(({ kind }) => kind === 'announced').map(({ address }) => address));
  return news.filter(({ kind, address }) => {
    if (kind === 'unconcerned') return !concerned.has(address);
    // What one protocol cannot do is of no interest where another does it.
    return kind !== 'obstructed' || !announced.has(address);
  });
}
