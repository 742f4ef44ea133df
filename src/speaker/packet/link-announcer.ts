import {
  type AnnouncementForm,
  type AnnouncingEvent,
  type AnnouncingState,
  initialAnnouncing,
  stepAnnouncing,
} from '../../core/fsm/announcing/index.ts';
import { familyOf, type IpAddress } from '../../core/net/index.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import { Alarm } from './alarm.ts';
import type { EthernetInterface } from './eligible-interface.ts';
import type { LinkProtocol } from './link-protocol.ts';

export interface LinkAnnouncerDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** The interface as it is now. */
  readonly link: () => EthernetInterface;
  /** Whether an address is this node's own on the interface now. */
  readonly announces: (address: IpAddress) => boolean;
  readonly send: (frame: Uint8Array, address: IpAddress) => void;
}

/** Announces addresses of one family on one interface, as the machine for it plans. */
export class LinkAnnouncer {
  readonly #protocol: LinkProtocol;
  readonly #dependencies: LinkAnnouncerDependencies;
  readonly #alarm: Alarm;
  #state: AnnouncingState;

  constructor(protocol: LinkProtocol, dependencies: LinkAnnouncerDependencies) {
    this.#protocol = protocol;
    this.#dependencies = dependencies;
    this.#state = initialAnnouncing(protocol.announcing, dependencies.clock.nowMs());
    this.#alarm = new Alarm(dependencies, () => this.#due());
  }

  take(addresses: readonly IpAddress[]): void {
    this.#step({ kind: 'taken', addresses, nowMs: this.#dependencies.clock.nowMs() });
  }

  lose(addresses: readonly IpAddress[]): void {
    this.#step({ kind: 'lost', addresses });
  }

  /** Neighbours or switches may have forgotten these, or all, or look in the wrong direction. */
  announceAgain(addresses?: readonly IpAddress[]): void {
    const nowMs = this.#dependencies.clock.nowMs();
    this.#step({ kind: 'forgotten', ...(addresses === undefined ? {} : { addresses }), nowMs });
  }

  hush(hushed: boolean): void {
    this.#step({ kind: 'hushed', hushed, nowMs: this.#dependencies.clock.nowMs() });
  }

  /** Tells everybody once, now, unless nothing is announced at all. Gateways keep what they heard for longest, and matter most. */
  defend(address: IpAddress): void {
    if (this.#state.hushed) return;
    this.#announce(address, 'announcement');
    this.#announce(address, 'gateways');
  }

  /** There is no carrier: its return has to make everything due again. */
  pause(): void {
    this.#alarm.cancel();
  }

  #step(event: AnnouncingEvent): void {
    const { state, actions } = stepAnnouncing(this.#state, event, this.#protocol.announcing);
    this.#state = state;
    for (const action of actions) {
      if (action.kind === 'wake') this.#alarm.set(this.#dependencies.link().running ? action.atMs : undefined);
      // Planned is only what is owned, but what counts is who owns it at the moment of sending.
      else if (this.#dependencies.announces(action.address)) this.#announce(action.address, action.form);
    }
  }

  #due(): void {
    this.#step({
      kind: 'due',
      nowMs: this.#dependencies.clock.nowMs(),
      gateways: this.#gateways.length,
      draw: this.#dependencies.random.next(),
    });
  }

  /** BOUNDED: by the adapter, 16. */
  get #gateways(): readonly IpAddress[] {
    return this.#dependencies.link().gateways.filter((gateway) => familyOf(gateway) === this.#protocol.family);
  }

  #announce(address: IpAddress, form: AnnouncementForm): void {
    for (const frame of this.#framesOf(address, form)) this.#dependencies.send(frame, address);
  }

  #framesOf(address: IpAddress, form: AnnouncementForm): readonly Uint8Array[] {
    const { mac } = this.#dependencies.link();
    if (form === 'gateways')
      return this.#gateways.flatMap((gateway) => this.#protocol.gatewayRefresh(mac, address, gateway));
    const frames = this.#protocol.announcement(mac, address);
    if (form === 'announcement') return frames;
    return form === 'first-form' ? frames.slice(0, 1) : frames.slice(1);
  }
}
