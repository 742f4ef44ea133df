import {
  type AnnouncementForm,
  type AnnouncingEvent,
  type AnnouncingState,
  initialAnnouncing,
  stepAnnouncing,
} from '../../core/fsm/announcing/index.ts';
import { familyOf, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import type { FrameSocket, FrameSockets, PacketType } from '../../ports/frames.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { MulticastGroups } from '../../ports/multicast.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import type { Counting } from './counting.ts';
import type { LinkProtocol, Verdict } from './link-protocol.ts';
import { type Rate, RequesterLimit, TokenBucket } from './rate-limit.ts';
import { SolicitedNodeGroups } from './solicited-node-groups.ts';

const INTERFACE_REPLIES: Rate = { perSecond: 2000, burst: 4000 };
/** A router that starts anew asks for all addresses at once: that many must pass, and still leave room for others. */
const REQUESTER_REPLIES: Rate = { perSecond: 500, burst: 1000 };
const REMEMBERED_REQUESTERS = 4096;

/** An interface that can announce: it has a MAC. */
export type EthernetInterface = NetworkInterface & { readonly mac: MacAddress };

export interface AnnouncingLinkOptions {
  readonly link: EthernetInterface;
  /** MACs of all interfaces of this node. */
  readonly ownMacs: ReadonlySet<MacAddress>;
  readonly protocol: LinkProtocol;
}

export interface AnnouncingLinkDependencies {
  readonly sockets: FrameSockets;
  readonly groups: MulticastGroups;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly counting: Counting;
  /** A foreign station claims an address that is announced here. */
  readonly conflict: (address: IpAddress, mac: MacAddress, interfaceName: string) => void;
  /** Switches are not told which groups the interface listens to. */
  readonly groupsRefused: (interfaceName: string) => void;
}

/** Answers for addresses of one family and announces them on one interface, for as long as it is open. */
export class AnnouncingLink {
  readonly #protocol: LinkProtocol;
  readonly #with: AnnouncingLinkDependencies;
  readonly #socket: FrameSocket;
  readonly #interfaceLimit: TokenBucket;
  readonly #requesterLimit = new RequesterLimit(REQUESTER_REPLIES, REMEMBERED_REQUESTERS);
  /** BOUNDED: by the grants of this node. */
  readonly #owned = new Set<IpAddress>();
  readonly #groups: SolicitedNodeGroups | undefined;
  #link: EthernetInterface;
  #ownMacs: ReadonlySet<MacAddress>;
  #state: AnnouncingState;
  #timer: Timer | undefined;

  /** Opens the socket. @throws FrameSocketError */
  constructor(options: AnnouncingLinkOptions, dependencies: AnnouncingLinkDependencies) {
    this.#link = options.link;
    this.#ownMacs = options.ownMacs;
    this.#protocol = options.protocol;
    this.#with = dependencies;
    const nowMs = dependencies.clock.nowMs();
    this.#state = initialAnnouncing(options.protocol.announcing, nowMs);
    this.#interfaceLimit = new TokenBucket(INTERFACE_REPLIES, nowMs);
    this.#socket = dependencies.sockets.open({
      interfaceIndex: options.link.index,
      protocol: options.protocol.frames,
      received: (frame, packetType) => this.#received(frame, packetType),
    });
    if (options.protocol.family === 'IPv6')
      this.#groups = new SolicitedNodeGroups(dependencies.groups.on(options.link.index));
  }

  owns(address: IpAddress): boolean {
    return this.#owned.has(address);
  }

  get ownsNothing(): boolean {
    return this.#owned.size === 0;
  }

  get running(): boolean {
    return this.#link.running;
  }

  /** The interface or the node's MACs changed. */
  update(link: EthernetInterface, ownMacs: ReadonlySet<MacAddress>): void {
    const before = this.#link;
    this.#link = link;
    this.#ownMacs = ownMacs;
    if (!link.running) this.#wake(undefined);
    else if (!before.running || before.mac !== link.mac) this.announceAgain();
  }

  take(addresses: readonly IpAddress[]): void {
    // Whoever asks because of the announcement has to be heard.
    if (this.#groups?.take(addresses) === false) this.#with.groupsRefused(this.#link.name);
    for (const address of addresses) this.#owned.add(address);
    this.#step({ kind: 'taken', addresses, nowMs: this.#with.clock.nowMs() });
  }

  /** Answers no more for these, from this moment on. */
  lose(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.#owned.delete(address);
    this.#groups?.lose(addresses);
    this.#step({ kind: 'lost', addresses, nowMs: this.#with.clock.nowMs() });
  }

  /** Neighbours or switches may have forgotten, or look in the wrong direction. */
  announceAgain(): void {
    this.#step({ kind: 'forgotten', nowMs: this.#with.clock.nowMs() });
  }

  /** Counts what the kernel threw away meanwhile. */
  countOverruns(): void {
    const overruns = this.#socket.takeOverruns();
    if (overruns > 0) this.#with.counting.dropped('overrun', overruns);
  }

  close(): void {
    this.countOverruns();
    this.#wake(undefined);
    this.#owned.clear();
    this.#groups?.close();
    this.#socket.close();
  }

  #received(bytes: Uint8Array, packetType: PacketType): void {
    this.#with.counting.received();
    const reason = this.#answer(bytes, packetType);
    if (reason !== undefined) this.#with.counting.dropped(reason);
  }

  /** @returns why nothing was answered */
  #answer(bytes: Uint8Array, packetType: PacketType): DropReason | undefined {
    if (packetType === 'other-host' || packetType === 'outgoing') return packetType;
    const verdict = this.#protocol.judge(bytes, { mac: this.#link.mac, ownMacs: this.#ownMacs, owned: this.#owned });
    switch (verdict.kind) {
      case 'drop':
        return verdict.reason;
      case 'conflict':
        this.#with.conflict(verdict.address, verdict.mac, this.#link.name);
        return 'conflict';
      case 'reply':
        return this.#reply(verdict);
      default:
        return verdict satisfies never;
    }
  }

  #reply({ octets, requester, mismatchedSource }: Extract<Verdict, { kind: 'reply' }>): DropReason | undefined {
    const nowMs = this.#with.clock.nowMs();
    if (!this.#requesterLimit.take(requester, nowMs)) return 'requester-rate-limit';
    if (!this.#interfaceLimit.take(nowMs)) return 'interface-rate-limit';
    if (!this.#send(octets)) return 'send-failed';
    this.#with.counting.replied(mismatchedSource);
    return undefined;
  }

  #step(event: AnnouncingEvent): void {
    const { state, actions } = stepAnnouncing(this.#state, event, this.#protocol.announcing);
    this.#state = state;
    for (const action of actions) {
      // Planned is only what is owned, but what counts is who owns it at the moment of sending.
      if (action.kind === 'wake') this.#wake(action.atMs);
      else if (this.#owned.has(action.address)) this.#announce(action.address, action.form);
    }
  }

  /** While the link is down nothing is planned: its return makes everything due again. */
  #wake(atMs: number | undefined): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (atMs === undefined || !this.#link.running) return;
    const delayMs = atMs - this.#with.clock.nowMs();
    if (delayMs <= 0) this.#due();
    else this.#timer = this.#with.timers.start(delayMs, () => this.#due());
  }

  #due(): void {
    this.#step({
      kind: 'due',
      nowMs: this.#with.clock.nowMs(),
      gateways: this.#gateways.length,
      draw: this.#with.random.next(),
    });
  }

  /** BOUNDED: by the adapter, 16. */
  get #gateways(): readonly IpAddress[] {
    return this.#link.gateways.filter((gateway) => familyOf(gateway) === this.#protocol.family);
  }

  #announce(address: IpAddress, form: AnnouncementForm): void {
    const { mac } = this.#link;
    const frames =
      form === 'gateways'
        ? this.#gateways.flatMap((gateway) => this.#protocol.gatewayRefresh(mac, address, gateway))
        : this.#protocol.announcement(mac, address);
    for (const frame of frames) {
      if (this.#send(frame)) this.#with.counting.announced();
    }
  }

  #send(octets: Uint8Array): boolean {
    const outcome = this.#socket.send(octets);
    if (outcome !== 'sent') this.#with.counting.sendFailed(outcome);
    return outcome === 'sent';
  }
}
