// The far end of a session: reads what is written, and keeps the routes as a router does.
import {
  decodeMessage,
  decodeUpdate,
  type PathAttribute,
  type SessionContext,
} from '../../../src/core/codec/bgp/index.ts';
import { formatPrefix, type Prefix } from '../../../src/core/net/index.ts';

export class RibPeer {
  /** Attributes of each prefix, without those that carry routes. */
  readonly table = new Map<string, { readonly attributes: readonly PathAttribute[]; readonly nextHop: unknown }>();
  /** What came, in order: `+2`, `-1`, `end IPv4`, `begin 1`. */
  readonly log: string[] = [];
  readonly #context: SessionContext;
  /** Routes that the refresh under way has not repeated. */
  #stale = new Set<string>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  take(octets: Uint8Array): void {
    if (octets.length > this.#context.maxSentLength) throw new Error(`a message of ${octets.length} octets`);
    const context = { ...this.#context, maxReceivedLength: this.#context.maxSentLength };
    const message = decodeMessage(octets, context);
    if (message.kind === 'routeRefresh') this.#mark(message.afi, message.subtype);
    if (message.kind !== 'update') return;
    if (message.treatAsWithdraw !== undefined) throw new Error(message.treatAsWithdraw);
    if (message.discarded.length + message.ignored > 0) throw new Error('something that the peer does not want');
    const { withdrawn, nlri, attributes } = decodeUpdate(octets, context);
    if (message.endOfRib) this.log.push(`end ${attributes.length === 0 ? 'IPv4' : 'IPv6'}`);
    const mp = attributes.filter(({ kind }) => kind === 'mpReachNlri' || kind === 'mpUnreachNlri');
    const rest = attributes.filter((each) => !mp.includes(each));
    const gone = [...withdrawn, ...mp.flatMap((each) => (each.kind === 'mpUnreachNlri' ? each.withdrawn : []))];
    const classic = rest.find(({ kind }) => kind === 'nextHop');
    this.#remove(gone);
    this.#add(nlri, rest, classic);
    for (const each of mp) if (each.kind === 'mpReachNlri') this.#add(each.nlri, rest, each.nextHop);
    if (gone.length > 0) this.log.push(`-${gone.length}`);
    if (message.announced > 0) this.log.push(`+${message.announced}`);
  }

  #remove(prefixes: readonly Prefix[]): void {
    for (const prefix of prefixes) {
      if (!this.table.delete(formatPrefix(prefix))) throw new Error(`${formatPrefix(prefix)} was never announced`);
    }
  }

  #add(prefixes: readonly Prefix[], attributes: readonly PathAttribute[], nextHop: unknown): void {
    for (const prefix of prefixes) {
      this.table.set(formatPrefix(prefix), { attributes, nextHop });
      this.#stale.delete(formatPrefix(prefix));
    }
  }

  /** @see RFC 7313 §4 */
  #mark(afi: number, subtype: number): void {
    this.log.push(`${subtype === 1 ? 'begin' : 'complete'} ${afi}`);
    if (subtype === 1) this.#stale = new Set([...this.table.keys()].filter((key) => key.includes(':') === (afi === 2)));
    else for (const key of this.#stale) this.table.delete(key);
  }
}
