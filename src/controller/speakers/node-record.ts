import type { IpAddress } from '../../core/net/index.ts';
import type { Claim, Epoch, InterfaceReport, SpeakerMessage } from '../../ports/channel.ts';
import { GrantOutbox } from './grant-outbox.ts';
import type { SessionLine } from './session-line.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { Presence, Speaker } from './speaker-listener.ts';
import { Surroundings } from './surroundings.ts';

/** Everything that the registry holds of one node. */
export class NodeRecord implements Speaker {
  readonly nodeName: string;
  readonly outbox = new GrantOutbox();
  readonly surroundings = new Surroundings();
  /** Present while it has a session. */
  line: SessionLine | undefined;
  /** Of the process that speaks. */
  instanceId = '';
  /** Present until it is gone. */
  watch: SilenceWatch | undefined;
  leaving = false;
  /** Neighbours hear it, or stand in for it. */
  caredFor = false;
  version = '';
  newestEpoch: Epoch | undefined;
  interfaces: readonly InterfaceReport[] = [];
  /** BOUNDED: by the size of a message, and by what the node was granted if it is honest. */
  readonly claims = new Map<IpAddress, Claim>();
  /** BOUNDED: by the grants of the node. */
  readonly rejects = new Map<IpAddress, string>();

  constructor(nodeName: string) {
    this.nodeName = nodeName;
  }

  get isSilent(): boolean {
    return this.watch === undefined || this.watch.isSilent;
  }

  get presence(): Presence {
    if (this.watch === undefined) return 'gone';
    if (this.leaving) return this.caredFor ? 'away' : 'leaving';
    return this.line === undefined ? 'away' : 'connected';
  }

  /** Nothing is left to remember. */
  get forgettable(): boolean {
    return this.watch === undefined && this.line === undefined && this.outbox.size === 0 && this.surroundings.isCommon;
  }

  /** Takes over the whole list. Returns the addresses whose claim is not what it was. */
  replaceClaims(claims: readonly Claim[]): IpAddress[] {
    const named = new Set(claims.map(({ address }) => address));
    const gone = [...this.claims.keys()].filter((address) => !named.has(address));
    return this.changeClaims(claims, gone);
  }

  changeClaims(made: readonly Claim[], dropped: readonly IpAddress[]): IpAddress[] {
    const lost = dropped.filter((address) => this.claims.delete(address));
    const renewed = made.filter((claim) => !sameClaim(this.claims.get(claim.address), claim));
    for (const claim of renewed) this.claims.set(claim.address, claim);
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

  /** It is gone: nobody knows what it announces. */
  forgetSpeaker(): void {
    this.watch?.stop();
    this.watch = undefined;
    this.leaving = false;
    this.claims.clear();
    this.rejects.clear();
  }

  /** Takes over what a process says when it dials. */
  introduce(hello: Extract<SpeakerMessage, { kind: 'hello' }>): {
    readonly interfaces: boolean;
    readonly claims: readonly IpAddress[];
  } {
    this.instanceId = hello.instanceId;
    this.version = hello.version;
    this.newestEpoch = hello.newestEpoch;
    return { interfaces: this.replaceInterfaces(hello.interfaces), claims: this.replaceClaims(hello.claims) };
  }
}

/** How long it is held grows by itself, and is no news. */
function sameClaim(a: Claim | undefined, b: Claim): boolean {
  return (
    a?.epoch.generation === b.epoch.generation &&
    a.epoch.counter === b.epoch.counter &&
    a.term === b.term &&
    a.reason === b.reason
  );
}

function sameInterface(a: InterfaceReport, b: InterfaceReport | undefined): boolean {
  return b !== undefined && a.name === b.name && a.mac === b.mac && a.up === b.up;
}
