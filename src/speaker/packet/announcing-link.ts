import type { QuestionForm } from '../../core/fsm/inquiry/index.ts';
import { familyOf, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import type { FrameSocket, FrameSockets, PacketType } from '../../ports/frames.ts';
import type { MulticastGroups } from '../../ports/multicast.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import type { Counting } from './counting.ts';
import type { EthernetInterface } from './eligible-interface.ts';
import { LinkAnnouncer } from './link-announcer.ts';
import { type ConflictNews, LinkConflicts } from './link-conflicts.ts';
import { type Findings, LinkInquiry } from './link-inquiry.ts';
import type { LinkProtocol, LinkView, NodeIdentity, Sighting, Verdict } from './link-protocol.ts';
import { ReplyLimits } from './reply-limits.ts';
import { SolicitedNodeGroups } from './solicited-node-groups.ts';
import { type Stance, sortStances } from './stance.ts';

/** Makes the shortest option, of 8 octets. @see RFC 7527 §4.1 */
const NONCE_LENGTH = 6;

export interface AnnouncingLinkOptions {
  readonly link: EthernetInterface;
  readonly node: NodeIdentity;
  readonly protocol: LinkProtocol;
}

export interface AnnouncingLinkDependencies {
  readonly sockets: FrameSockets;
  readonly groups: MulticastGroups;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly counting: Counting;
  /** The LAN was asked, and nobody has it: it is answered and announced from now on. */
  readonly announced: (address: IpAddress) => void;
  readonly conflict: (news: LinkNews, interfaceName: string) => void;
  /** Switches are not told which groups the interface listens to. */
  readonly groupsRefused: (interfaceName: string) => void;
}

/** `answers-everything`: a station answers for an address that nobody can have; what it says is not believed. */
export type LinkNews =
  | ConflictNews
  | { readonly kind: 'answers-everything'; readonly address: IpAddress; readonly mac: MacAddress };

/**
 * Answers for addresses of one family and announces them on one interface, for as long as it is open; and asks who else has
 * them.
 */
export class AnnouncingLink {
  readonly #protocol: LinkProtocol;
  readonly #dependencies: AnnouncingLinkDependencies;
  readonly #socket: FrameSocket;
  readonly #replyLimits: ReplyLimits;
  /** What was wanted of the link. BOUNDED: by the grants of this node. */
  readonly #stances = new Map<IpAddress, Stance>();
  /** What is answered, with which MAC; undefined: that of the interface. BOUNDED: by the grants of this node. */
  readonly #answers = new Map<IpAddress, MacAddress | undefined>();
  readonly #groups: SolicitedNodeGroups | undefined;
  readonly #inquiry: LinkInquiry;
  readonly #conflicts: LinkConflicts;
  readonly #announcer: LinkAnnouncer;
  readonly #nonce: Uint8Array;
  #view: LinkView;
  #link: EthernetInterface;

  /** Opens the socket. @throws FrameSocketError */
  constructor({ link, node, protocol }: AnnouncingLinkOptions, dependencies: AnnouncingLinkDependencies) {
    this.#link = link;
    this.#protocol = protocol;
    this.#dependencies = dependencies;
    this.#replyLimits = new ReplyLimits(dependencies.clock.nowMs());
    this.#nonce = Uint8Array.from({ length: NONCE_LENGTH }, () => Math.floor(dependencies.random.next() * 256));
    this.#announcer = new LinkAnnouncer(protocol, {
      ...dependencies,
      link: () => this.#link,
      announces: (address) => this.announces(address),
      send: (frame, address) => {
        if (this.#send(frame)) dependencies.counting.announced(address);
      },
    });
    this.#inquiry = new LinkInquiry(protocol.inquiry, {
      ...dependencies,
      put: (address, form) => this.#put(address, form),
      improbable: (draw) => protocol.improbable(draw, this.#link.subnets),
      disbelieved: (address, mac) => this.#tell({ kind: 'answers-everything', address, mac }),
    });
    this.#conflicts = new LinkConflicts({
      ...dependencies,
      inquiry: this.#inquiry,
      isPeer: (mac) => this.#view.peerMacs.has(mac),
      announce: (address) => {
        this.#announceFrom([address]);
        dependencies.announced(address);
      },
      defend: (address) => this.#announcer.defend(address),
      tell: (news) => this.#tell(news),
    });
    this.#view = this.#viewOf(node);
    if (!link.running) this.#conflicts.pause();
    this.#socket = dependencies.sockets.open({
      interfaceIndex: link.index,
      protocol: protocol.frames,
      promiscuous: link.wireless,
      received: (frame, packetType) => this.#received(frame, packetType),
    });
    if (protocol.family === 'IPv6')
      this.#groups = new SolicitedNodeGroups(dependencies.groups.on(link.index), dependencies.timers);
  }

  /** What was wanted last. */
  stanceTo(address: IpAddress): Stance | undefined {
    return this.#stances.get(address);
  }

  /** Whether an address is answered here, for this node or for another. */
  answers(address: IpAddress): boolean {
    return this.#answers.has(address);
  }

  /** Whether an address is announced here as this node's own, should there be a carrier. */
  announces(address: IpAddress): boolean {
    return this.#answers.has(address) && this.#stances.get(address)?.kind === 'announce';
  }

  /** Whether it has nothing to do. */
  get idle(): boolean {
    return this.#stances.size === 0 && this.#inquiry.idle;
  }

  get running(): boolean {
    return this.#link.running;
  }

  /** The interface or the node's identity changed. */
  update(link: EthernetInterface, node: NodeIdentity): void {
    const before = this.#link;
    this.#link = link;
    this.#view = this.#viewOf(node);
    if (hasIpv6(link) && !hasIpv6(before) && this.#groups?.renew() === false)
      this.#dependencies.groupsRefused(link.name);
    if (!link.running) {
      this.#announcer.pause();
      this.#conflicts.pause();
      return;
    }
    if (!before.running || before.mac !== link.mac) this.announceAgain();
    this.#conflicts.resume();
  }

  /** Makes these the stances to these addresses; undefined: none any more. What is lost is not answered from this moment on. */
  set(stances: readonly (readonly [IpAddress, Stance | undefined])[]): void {
    const sorted = sortStances(stances, { before: this.#stances, answered: this.#answers });
    for (const [address, stance] of stances) {
      if (stance === undefined) this.#stances.delete(address);
      else this.#stances.set(address, stance);
    }
    this.#silence([...sorted.leaving, ...sorted.standingIn.keys(), ...sorted.tentative]);
    this.#groups?.lose(sorted.leaving);
    // Whoever asks because of the announcement has to be heard.
    if (this.#groups?.take(sorted.arriving) === false) this.#dependencies.groupsRefused(this.#link.name);
    for (const [address, mac] of sorted.standingIn) this.#answers.set(address, mac);
    if (sorted.taken.length > 0) {
      this.#conflicts.forget(sorted.taken);
      this.#announceFrom(sorted.taken);
    }
    if (sorted.tentative.length > 0) this.#conflicts.want(sorted.tentative);
  }

  /** Asks who else on the LAN has these addresses. `told` is called once for each, soon; never when the link is closed first. */
  survey(addresses: readonly IpAddress[], told: (address: IpAddress, findings: Findings) => void): void {
    this.#inquiry.ask(addresses, 'survey', told);
  }

  /** Neighbours or switches may have forgotten these, or all, or look in the wrong direction. */
  announceAgain(addresses?: readonly IpAddress[]): void {
    this.#announcer.announceAgain(addresses);
  }

  /** Stops, or goes on with, announcing; answers are given as before. */
  hush(hushed: boolean): void {
    this.#announcer.hush(hushed);
  }

  /** False when the interface of the socket is gone, even if one with its number is there. */
  get bound(): boolean {
    return this.#socket.bound;
  }

  /** Counts what the kernel threw away meanwhile. */
  countOverruns(): void {
    const overruns = this.#socket.takeOverruns();
    if (overruns > 0) this.#dependencies.counting.dropped('overrun', overruns);
  }

  close(): void {
    this.countOverruns();
    this.#announcer.pause();
    this.#stances.clear();
    this.#answers.clear();
    this.#conflicts.close();
    this.#inquiry.close();
    this.#groups?.close();
    this.#socket.close();
  }

  /** Nothing is answered or announced for these any more. */
  #silence(addresses: readonly IpAddress[]): void {
    if (addresses.length === 0) return;
    for (const address of addresses) this.#answers.delete(address);
    this.#conflicts.forget(addresses);
    this.#announcer.lose(addresses);
  }

  #announceFrom(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.#answers.set(address, undefined);
    this.#announcer.take(addresses);
  }

  #viewOf(node: NodeIdentity): LinkView {
    return {
      ...node,
      mac: this.#link.mac,
      nonce: this.#nonce,
      macOf: (address) => (this.#answers.has(address) ? (this.#answers.get(address) ?? this.#link.mac) : undefined),
      asksAbout: (address) => this.#inquiry.asksAbout(address),
    };
  }

  #received(bytes: Uint8Array, packetType: PacketType): void {
    this.#dependencies.counting.received();
    const reason = this.#answer(bytes, packetType);
    if (reason !== undefined) this.#dependencies.counting.dropped(reason);
  }

  /** @returns why nothing was answered */
  #answer(bytes: Uint8Array, packetType: PacketType): DropReason | undefined {
    if (packetType === 'other-host' || packetType === 'outgoing') return packetType;
    const verdict = this.#protocol.judge(bytes, this.#view);
    switch (verdict.kind) {
      case 'drop':
        return verdict.reason;
      case 'reply':
        if (verdict.sighting !== undefined) this.#sighted(verdict.sighting);
        return this.#reply(verdict);
      default:
        return this.#sighted(verdict);
    }
  }

  /** @returns as what the frame counts, if it is not answered */
  #sighted(sighting: Sighting): DropReason {
    const { kind, address, mac } = sighting;
    switch (kind) {
      case 'rival':
        this.#inquiry.heard('rivalled', address, mac);
        return 'rival-probe';
      case 'duplicate-mac':
        this.#conflicts.duplicateMac(address, mac);
        return 'conflict';
      case 'claim':
        this.#inquiry.heard('answered', address, mac);
        if (this.#view.peerMacs.has(mac) || !this.#answers.has(address)) return 'answer';
        if (this.announces(address)) this.#conflicts.claimed(address, mac);
        return 'conflict';
      default:
        return kind satisfies never;
    }
  }

  #reply({ target, octets, requester, mismatchedSource }: Extract<Verdict, { kind: 'reply' }>): DropReason | undefined {
    this.#dependencies.counting.asked(target);
    const refusal = this.#replyLimits.take(requester, this.#dependencies.clock.nowMs());
    if (refusal !== undefined) return refusal;
    if (!this.#send(octets)) return 'send-failed';
    this.#dependencies.counting.replied(target, mismatchedSource);
    return undefined;
  }

  #put(address: IpAddress, form: QuestionForm): void {
    const { mac, addresses } = this.#link;
    for (const frame of this.#protocol.question({ mac, addresses, nonce: this.#nonce }, address, form))
      this.#send(frame);
  }

  #tell(news: LinkNews): void {
    // Whoever believed the other station is to believe this one again.
    if (news.kind === 'over' && this.announces(news.address)) this.announceAgain([news.address]);
    this.#dependencies.conflict(news, this.#link.name);
  }

  #send(octets: Uint8Array): boolean {
    const outcome = this.#socket.send(octets);
    if (outcome !== 'sent') this.#dependencies.counting.sendFailed(outcome);
    return outcome === 'sent';
  }
}

/** Every interface has a link-local address while IPv6 is switched on. @see RFC 4291 §2.1 */
function hasIpv6({ addresses }: EthernetInterface): boolean {
  return addresses.some((address) => familyOf(address) === 'IPv6');
}
