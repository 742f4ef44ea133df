import type { IpAddress } from '../../core/net/index.ts';
import type { Claim, Epoch, Grant, InterfaceReport, NeighbourState, SpeakerMessage } from '../../ports/channel.ts';
import type { SurroundingsMessage } from './surroundings.ts';

/**
 * `connected`: it has a session, and takes grants. `away`: it cannot be told anything now, but lives or is stood in for, so
 * that what it announces stays where it is. `leaving`: it stops, and nobody would stand in for it. `gone`: nobody knows what
 * it announces, if anything.
 */
export type Presence = 'connected' | 'away' | 'leaving' | 'gone';

/** What is known of the speaker of a node. A view: it changes as the speaker speaks. */
export interface Speaker {
  readonly nodeName: string;
  readonly presence: Presence;
  /** It said nothing for as long as makes a speaker dead, had its neighbours not spoken for it. */
  readonly isSilent: boolean;
  readonly version: string;
  readonly interfaces: readonly InterfaceReport[];
  /** What it announces, by its own word. */
  readonly claims: ReadonlyMap<IpAddress, Claim>;
  /** Of the grants that it held when it dialled; older ones it would refuse. */
  readonly newestEpoch: Epoch | undefined;
  /** Grants that it cannot carry out, with its reason. */
  readonly rejects: ReadonlyMap<IpAddress, string>;
}

/** News of speakers. Told after the registry changed. Must not throw. */
export interface SpeakerListener {
  /** It can take grants: it came, or came back. */
  speakerUp(nodeName: string): void;
  /** It cannot be reached, and nobody knows what it announces. */
  speakerDown(nodeName: string): void;
  /** Between the two: its presence is another than it was. Told again and again of one that is silent and away. */
  presenceChanged(nodeName: string): void;
  interfacesChanged(nodeName: string): void;
  /** Addresses whose claim by this node was made, renewed or dropped. */
  claimsChanged(nodeName: string, addresses: readonly IpAddress[]): void;
  rejected(nodeName: string, address: IpAddress | undefined, reason: string): void;
}

/** What a speaker saw of others. */
export type Observation =
  | Extract<SpeakerMessage, { kind: 'verified' | 'conflict' | 'conflict-over' | 'probed' }>
  | Extract<SpeakerMessage, { kind: 'kernel-answers' | 'groups-refused' }>
  | Extract<SpeakerMessage, { kind: 'neighbourhood' }>;

/** Must not throw. */
export type ObservationListener = (nodeName: string, observation: Observation) => void;

/** What the announcer needs of the registry. */
export interface Speakers {
  speaker(nodeName: string): Speaker | undefined;
  /** Those that are not gone. */
  alive(): Iterable<Speaker>;
  /** What connected speakers say of a node, by who says it. */
  witnessesOf(nodeName: string): ReadonlyMap<string, NeighbourState>;
  listen(listener: SpeakerListener): void;
  observe(listener: ObservationListener): void;
  /** Declares what a node is to have; to say it twice changes nothing. */
  grant(nodeName: string, grant: Grant): void;
  revoke(nodeName: string, address: IpAddress): void;
  /** Declares what it is to know of its neighbours. */
  surround(nodeName: string, neighbours: Extract<SurroundingsMessage, { kind: 'neighbours' }>): void;
  /** False: it could not be asked now. */
  probe(nodeName: string, request: { readonly requestId: number; readonly addresses: readonly IpAddress[] }): boolean;
  /** Has it claim once more what it owns of these. False: it could not be told now. */
  reclaim(nodeName: string, addresses: readonly IpAddress[]): boolean;
  /**
   * Until this is called nobody is told anything, since a snapshot revokes all that is not in it: whoever announces goes
   * on. Called when everything that must not be interrupted is granted.
   */
  release(): void;
  /** From now on, until the next `release`, those who begin a session are not told anything. */
  hold(): void;
}
