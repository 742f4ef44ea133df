import type { IpAddress } from '../../core/net/index.ts';
import type { Epoch, Grant, InterfaceReport } from '../../ports/channel.ts';

/** What is known of the speaker of a node. A view: it changes as the speaker speaks. */
export interface Speaker {
  readonly nodeName: string;
  /** It spoke lately, whether or not its session stands at this moment: a session may be re-dialled, and nothing moves. */
  readonly alive: boolean;
  readonly connected: boolean;
  /** It wants to stop: nothing may be granted to it any more. */
  readonly leaving: boolean;
  readonly version: string;
  readonly interfaces: readonly InterfaceReport[];
  /** What it announces, by its own word. */
  readonly claims: ReadonlyMap<IpAddress, Epoch>;
  /** Of the grants that it held when it dialled; older ones it would refuse. */
  readonly newestEpoch: Epoch | undefined;
  /** Grants that it cannot carry out, with its reason. */
  readonly rejects: ReadonlyMap<IpAddress, string>;
}

/** News of speakers. Told after the registry changed. Must not throw. */
export interface SpeakerListener {
  /** It can take grants: it came, or came back after it had said that it leaves. */
  speakerUp(nodeName: string): void;
  /** It cannot be reached, and nobody knows what it announces. */
  speakerDown(nodeName: string): void;
  leaving(nodeName: string): void;
  interfacesChanged(nodeName: string): void;
  /** Addresses whose claim by this node was made, renewed or dropped. */
  claimsChanged(nodeName: string, addresses: readonly IpAddress[]): void;
  rejected(nodeName: string, address: IpAddress | undefined, reason: string): void;
}

/** What the announcer needs of the registry. */
export interface Speakers {
  speaker(nodeName: string): Speaker | undefined;
  /** Those that are alive. */
  alive(): Iterable<Speaker>;
  listen(listener: SpeakerListener): void;
  /** Declares what a node is to have; to say it twice changes nothing. */
  grant(nodeName: string, grant: Grant): void;
  revoke(nodeName: string, address: IpAddress): void;
  /**
   * Until this is called nobody is told anything, since a snapshot revokes all that is not in it: whoever announces goes
   * on. Called once, when everything that must not be interrupted is granted.
   */
  release(): void;
}
