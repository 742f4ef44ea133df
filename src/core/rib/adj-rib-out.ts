import { afiOf, encodeMessage, endOfRib, RefreshSubtype, Safi } from '../codec/bgp/index.ts';
import type { IpFamily, Prefix } from '../net/index.ts';
import { type AttributeSet, AttributeTable } from './attribute-table.ts';
import { FamilyQueue } from './family-queue.ts';
import { familyOfKey, type PrefixKey, prefixKey } from './prefix-key.ts';
import { type RouteForm, routeForm } from './route-form.ts';
import type { HeldBack, RibCounts, Route, SendContext } from './types.ts';
import { packAnnouncement, packWithdrawal } from './update-packing.ts';

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

/**
 * The routes that one peer is to have, and those that it has. Told what is wanted, it writes the difference: withdrawals first,
 * then as many routes in an UPDATE as share their attributes and fit. What changes while the peer does not read costs nothing:
 * only the last state is written.
 *
 * @see RFC 4271 §3.2, "Adj-RIBs-Out"
 */
export class AdjRibOut {
  readonly #table = new AttributeTable();
  /** BOUNDED: by the routes that the owner hands over. */
  readonly #wanted = new Map<PrefixKey, AttributeSet>();
  /** What the peer has; undefined where it must be written again whatever it is. BOUNDED: as `#wanted`, at the time of writing. */
  readonly #advertised = new Map<PrefixKey, AttributeSet | undefined>();
  readonly #queues: Readonly<Record<IpFamily, FamilyQueue>> = { IPv4: new FamilyQueue(), IPv6: new FamilyQueue() };
  #context: SendContext | undefined;
  #draining = false;

  /** The whole wanted set. Of routes with one prefix the last counts. */
  replace(routes: Iterable<Route>): void {
    const gone = new Set(this.#wanted.keys());
    for (const route of routes) {
      this.announce(route);
      gone.delete(prefixKey(route.prefix));
    }
    for (const key of gone) this.#withdraw(key);
  }

  /** This route too, or with these attributes from now on. */
  announce({ prefix, attributes }: Route): void {
    const key = prefixKey(prefix);
    const set = this.#table.hold(attributes);
    const before = this.#wanted.get(key);
    if (before === set) {
      this.#table.release(set);
      return;
    }
    this.#wanted.set(key, set);
    if (before !== undefined) {
      this.#queues[familyOfKey(key)].forget(key, before);
      this.#table.release(before);
    }
    this.#require(key, set);
  }

  /** This route no more. */
  withdraw(prefix: Prefix): void {
    this.#withdraw(prefixKey(prefix));
  }

  /** The session is up: the peer has nothing, and gets all that is wanted. */
  open(context: SendContext): void {
    this.close();
    this.#context = context;
    for (const family of context.session.families) this.#queues[family].beginInitialPass();
    for (const [key, set] of this.#wanted) this.#require(key, set);
  }

  /** The session is gone, and with it all that the peer had. */
  close(): void {
    for (const set of this.#advertised.values()) if (set !== undefined) this.#table.release(set);
    this.#advertised.clear();
    for (const queue of Object.values(this.#queues)) queue.clear();
    this.#table.forgetForms();
    this.#context = undefined;
  }

  /** Everything of the family again. While a pass is under way one more follows it, however often it is asked for. @see RFC 7313 §4 */
  refresh(family: IpFamily): void {
    if (this.#context?.session.families.includes(family) !== true) return;
    if (this.#queues[family].beginRefresh()) this.#resend(family);
  }

  /** Marks all routes with GRACEFUL_SHUTDOWN, so that the peer moves to other ways before they go. @see RFC 8326 §4 */
  setGracefulShutdown(draining: boolean): void {
    if (draining === this.#draining) return;
    this.#draining = draining;
    this.#table.forgetForms();
    for (const family of FAMILIES) this.#resend(family);
  }

  /** The next message to write, or undefined when the peer has all that it is to have. */
  nextMessage(): Uint8Array | undefined {
    const context = this.#context;
    if (context === undefined) return undefined;
    return (
      this.#nextBegin(context) ??
      this.#nextWithdrawal(context) ??
      this.#nextAnnouncement(context) ??
      this.#nextEnd(context)
    );
  }

  counts(): RibCounts {
    return {
      wanted: this.#wanted.size,
      advertised: this.#advertised.size,
      pending: this.#queues.IPv4.size + this.#queues.IPv6.size,
      attributeSets: this.#table.size,
      heldBack: this.#heldBack(),
    };
  }

  #withdraw(key: PrefixKey): void {
    const before = this.#wanted.get(key);
    if (before === undefined) return;
    this.#wanted.delete(key);
    const queue = this.#queues[familyOfKey(key)];
    queue.forget(key, before);
    this.#table.release(before);
    if (this.#advertised.has(key)) queue.withdraw(key);
  }

  /** Queues what it takes that the peer has this route with this set. */
  #require(key: PrefixKey, set: AttributeSet): void {
    const context = this.#context;
    if (context === undefined) return;
    const family = familyOfKey(key);
    const queue = this.#queues[family];
    if (this.#formOf(set, family, context).kind === 'heldBack') {
      if (this.#advertised.has(key)) queue.withdraw(key);
    } else if (this.#advertised.get(key) === set) queue.withdrawals.delete(key);
    else queue.announce(key, set);
  }

  #resend(family: IpFamily): void {
    for (const [key, set] of this.#wanted) {
      if (familyOfKey(key) !== family) continue;
      if (this.#advertised.has(key)) this.#setAdvertised(key, undefined);
      this.#require(key, set);
    }
  }

  #nextBegin({ session }: SendContext): Uint8Array | undefined {
    for (const family of FAMILIES) {
      if (this.#queues[family].takeBegin() && session.enhancedRouteRefresh)
        return refreshMarker(family, RefreshSubtype.begin, session);
    }
    return undefined;
  }

  #nextWithdrawal({ session }: SendContext): Uint8Array | undefined {
    for (const family of FAMILIES) {
      const { withdrawals } = this.#queues[family];
      if (withdrawals.size === 0) continue;
      const isMultiprotocol = family === 'IPv6' || session.extendedNextHop;
      return packWithdrawal(withdrawals, family, isMultiprotocol, {
        maxLength: session.maxSentLength,
        taken: (key) => {
          withdrawals.delete(key);
          this.#setAdvertised(key, undefined);
          this.#advertised.delete(key);
        },
      });
    }
    return undefined;
  }

  #nextAnnouncement(context: SendContext): Uint8Array | undefined {
    for (const family of FAMILIES) {
      const queue = this.#queues[family];
      const group = queue.nextGroup;
      if (group === undefined) continue;
      const [set, keys] = group;
      const form = this.#formOf(set, family, context);
      if (form.kind === 'heldBack') throw new RangeError('a route that is held back was queued');
      const message = packAnnouncement(keys, form, family, {
        maxLength: context.session.maxSentLength,
        taken: (key) => {
          keys.delete(key);
          this.#setAdvertised(key, set);
        },
      });
      if (keys.size === 0) queue.finishGroup(set);
      return message;
    }
    return undefined;
  }

  #nextEnd({ session }: SendContext): Uint8Array | undefined {
    for (const family of FAMILIES) {
      const end = this.#queues[family].takeEnd();
      if (end === undefined) continue;
      if (end.again) this.refresh(family);
      if (end.pass === 'initial') return encodeMessage(endOfRib(family), session);
      if (session.enhancedRouteRefresh) return refreshMarker(family, RefreshSubtype.end, session);
      return this.nextMessage();
    }
    return undefined;
  }

  /** The set that the peer has is held as long as it has it: wanting it back costs no message. */
  #setAdvertised(key: PrefixKey, set: AttributeSet | undefined): void {
    const before = this.#advertised.get(key);
    if (set !== undefined) set.uses += 1;
    this.#advertised.set(key, set);
    if (before !== undefined) this.#table.release(before);
  }

  #formOf(set: AttributeSet, family: IpFamily, context: SendContext): RouteForm {
    let form = set.forms.get(family);
    if (form === undefined) {
      form = routeForm(set.attributes, family, context, this.#draining);
      set.forms.set(family, form);
    }
    return form;
  }

  #heldBack(): Partial<Record<IpFamily, HeldBack>> {
    const heldBack: Partial<Record<IpFamily, HeldBack>> = {};
    for (const { forms } of this.#table.sets()) {
      for (const [family, form] of forms) if (form.kind === 'heldBack') heldBack[family] = form.why;
    }
    return heldBack;
  }
}

function refreshMarker(family: IpFamily, subtype: number, session: SendContext['session']): Uint8Array {
  const afi = afiOf(family);
  return encodeMessage({ kind: 'routeRefresh', afi, safi: Safi.unicast, subtype }, session);
}
