import {
  type ArpFrame,
  arpAnnouncement,
  DecodeError,
  decodeArpFrame,
  directedRefresh,
  encodeArpFrame,
  gratuitousReply,
} from '../../core/codec/arp/index.ts';
import {
  type AnnouncementForm,
  type AnnouncingConfig,
  type AnnouncingEvent,
  type AnnouncingState,
  initialAnnouncing,
  stepAnnouncing,
} from '../../core/fsm/announcing/index.ts';
import type { Ipv4, MacAddress } from '../../core/net/index.ts';
import type { FrameSocket, FrameSockets, PacketType } from '../../ports/frames.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';
import type { DropReason } from '../../ports/packet-plane.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { decideArp } from './arp-responder.ts';
import type { Counting } from './counting.ts';
import { type Rate, RequesterLimit, TokenBucket } from './rate-limit.ts';

const INTERFACE_REPLIES: Rate = { perSecond: 2000, burst: 4000 };
/** A router that starts anew asks for all addresses at once: that many must pass, and still leave room for others. */
const REQUESTER_REPLIES: Rate = { perSecond: 500, burst: 1000 };
const REMEMBERED_REQUESTERS = 4096;

/** An interface that can announce: it has a MAC. */
export type EthernetInterface = NetworkInterface & { readonly mac: MacAddress };

export interface ArpLinkOptions {
  readonly link: EthernetInterface;
  /** MACs of all interfaces of this node. */
  readonly ownMacs: ReadonlySet<MacAddress>;
  readonly announcing: AnnouncingConfig;
}

export interface ArpLinkDependencies {
  readonly sockets: FrameSockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly counting: Counting;
  /** A foreign station claims an address that is announced here. */
  readonly conflict: (address: Ipv4, mac: MacAddress, interfaceName: string) => void;
}

/** Answers ARP and announces addresses on one interface, for as long as it is open. */
export class ArpLink {
  readonly #announcing: AnnouncingConfig;
  readonly #with: ArpLinkDependencies;
  readonly #socket: FrameSocket;
  readonly #interfaceLimit: TokenBucket;
  readonly #requesterLimit = new RequesterLimit(REQUESTER_REPLIES, REMEMBERED_REQUESTERS);
  /** BOUNDED: by the grants of this node. */
  readonly #owned = new Set<Ipv4>();
  #link: EthernetInterface;
  #ownMacs: ReadonlySet<MacAddress>;
  #state: AnnouncingState;
  #timer: Timer | undefined;

  /** Opens the socket. @throws FrameSocketError */
  constructor(options: ArpLinkOptions, dependencies: ArpLinkDependencies) {
    this.#link = options.link;
    this.#ownMacs = options.ownMacs;
    this.#announcing = options.announcing;
    this.#with = dependencies;
    const nowMs = dependencies.clock.nowMs();
    this.#state = initialAnnouncing(options.announcing, nowMs);
    this.#interfaceLimit = new TokenBucket(INTERFACE_REPLIES, nowMs);
    this.#socket = dependencies.sockets.open({
      interfaceIndex: options.link.index,
      protocol: 'arp',
      received: (frame, packetType) => this.#received(frame, packetType),
    });
  }

  owns(address: Ipv4): boolean {
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

  take(addresses: readonly Ipv4[]): void {
    for (const address of addresses) this.#owned.add(address);
    this.#step({ kind: 'taken', addresses, nowMs: this.#with.clock.nowMs() });
  }

  /** Answers no more for these, from this moment on. */
  lose(addresses: readonly Ipv4[]): void {
    for (const address of addresses) this.#owned.delete(address);
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
    const frame = decoded(bytes);
    if (typeof frame === 'string') return frame;
    const decision = decideArp(frame, { mac: this.#link.mac, ownMacs: this.#ownMacs, owned: this.#owned });
    switch (decision.kind) {
      case 'drop':
        return decision.reason;
      case 'conflict':
        this.#with.conflict(decision.address, decision.mac, this.#link.name);
        return 'conflict';
      case 'reply':
        return this.#reply(decision.frame, frame.source !== frame.sha);
      default:
        return decision satisfies never;
    }
  }

  #reply(reply: ArpFrame, mismatchedSource: boolean): DropReason | undefined {
    const nowMs = this.#with.clock.nowMs();
    if (!this.#requesterLimit.take(reply.destination, nowMs)) return 'requester-rate-limit';
    if (!this.#interfaceLimit.take(nowMs)) return 'interface-rate-limit';
    if (!this.#send(reply)) return 'send-failed';
    this.#with.counting.replied(mismatchedSource);
    return undefined;
  }

  #step(event: AnnouncingEvent): void {
    const { state, actions } = stepAnnouncing(this.#state, event, this.#announcing);
    this.#state = state;
    for (const action of actions) {
      // Planned is only what is owned, but what counts is who owns it at the moment of sending.
      if (action.kind === 'wake') this.#wake(action.atMs);
      else if (this.#owned.has(action.address as Ipv4)) this.#announce(action.address as Ipv4, action.form);
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
      gateways: this.#link.gateways.length,
      draw: this.#with.random.next(),
    });
  }

  #announce(address: Ipv4, form: AnnouncementForm): void {
    const { mac, gateways } = this.#link;
    const frames =
      form === 'gateways'
        ? gateways.map((gateway) => directedRefresh(mac, address, gateway))
        : [arpAnnouncement(mac, address), gratuitousReply(mac, address)];
    for (const frame of frames) {
      if (this.#send(frame)) this.#with.counting.announced();
    }
  }

  #send(frame: ArpFrame): boolean {
    const outcome = this.#socket.send(encodeArpFrame(frame));
    if (outcome !== 'sent') this.#with.counting.sendFailed(outcome);
    return outcome === 'sent';
  }
}

function decoded(bytes: Uint8Array): ArpFrame | DropReason {
  try {
    return decodeArpFrame(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code === 'truncated' ? 'truncated' : 'malformed';
  }
}
