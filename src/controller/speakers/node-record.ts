import type { IpAddress } from '../../core/net/index.ts';
import type { Claim, Epoch, InterfaceReport, SpeakerMessage, SpeakerSession } from '../../ports/channel.ts';
import type { Timer } from '../../ports/time.ts';
import { GrantOutbox } from './grant-outbox.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { Speaker } from './speaker-listener.ts';

/** The session of a node, with what belongs to it alone. */
export interface Attachment {
  readonly session: SpeakerSession;
  readonly instanceId: string;
  /** The snapshot is sent: only then do deltas mean anything. */
  begun: boolean;
  /** False between a send that filled the transport and its drain. */
  writable: boolean;
  heartbeat: Timer | undefined;
  /** Runs while an update is not acked. */
  patience: Timer | undefined;
}

/** Everything that the registry holds of one node. */
export class NodeRecord implements Speaker {
  readonly nodeName: string;
  readonly outbox = new GrantOutbox();
  attachment: Attachment | undefined;
  /** Present while the speaker is alive. */
  watch: SilenceWatch | undefined;
  leaving = false;
  version = '';
  newestEpoch: Epoch | undefined;
  interfaces: readonly InterfaceReport[] = [];
  /** BOUNDED: by the size of a message, and by what the node was granted if it is honest. */
  readonly claims = new Map<IpAddress, Epoch>();
  /** BOUNDED: by the grants of the node. */
  readonly rejects = new Map<IpAddress, string>();

  constructor(nodeName: string) {
    this.nodeName = nodeName;
  }

  get alive(): boolean {
    return this.watch !== undefined;
  }

  get connected(): boolean {
    return this.attachment !== undefined;
  }

  /** Nothing is left to remember. */
  get forgettable(): boolean {
    return !this.alive && !this.connected && this.outbox.size === 0;
  }

  /** Takes over the whole list. Returns the addresses whose claim is not what it was. */
  replaceClaims(claims: readonly Claim[]): IpAddress[] {
    const named = new Set(claims.map(({ address }) => address));
    const gone = [...this.claims.keys()].filter((address) => !named.has(address));
    return this.changeClaims(claims, gone);
  }

  changeClaims(made: readonly Claim[], dropped: readonly IpAddress[]): IpAddress[] {
    const lost = dropped.filter((address) => this.claims.delete(address));
    const renewed = made.filter(({ address, epoch }) => !sameEpoch(this.claims.get(address), epoch));
    for (const { address, epoch } of renewed) this.claims.set(address, epoch);
    return [...lost, ...renewed.map(({ address }) => address)];
  }

  /** True when they are not what they were. */
  replaceInterfaces(interfaces: readonly InterfaceReport[]): boolean {
    const same =
      interfaces.length === this.interfaces.length &&
      interfaces.every((one, at) => sameInterface(one, this.interfaces[at]));
    this.interfaces = interfaces;
    return !same;
  }

  introduce(hello: Extract<SpeakerMessage, { kind: 'hello' }>): {
    readonly interfaces: boolean;
    readonly claims: readonly IpAddress[];
  } {
    this.version = hello.version;
    this.newestEpoch = hello.newestEpoch;
    return { interfaces: this.replaceInterfaces(hello.interfaces), claims: this.replaceClaims(hello.claims) };
  }
}

function sameEpoch(a: Epoch | undefined, b: Epoch): boolean {
  return a !== undefined && a.generation === b.generation && a.counter === b.counter;
}

function sameInterface(a: InterfaceReport, b: InterfaceReport | undefined): boolean {
  return b !== undefined && a.name === b.name && a.mac === b.mac && a.up === b.up;
}
