import type { IpAddress } from '../../net/index.ts';

/** One step of a plan: what to send, and how long after the start of the plan. */
interface PlanStep {
  readonly atMs: number;
  readonly form: AnnouncementForm;
}

export type AnnouncementForm =
  /** Tells everybody, in all forms. */
  | 'announcement'
  /** Only the form that moves what hosts know at once. */
  | 'first-form'
  /** The other forms, for stacks that learn from nothing else. */
  | 'other-forms'
  /** Asks each next hop in the name of the address. */
  | 'gateways';

/** A plan in which an address is announced; at least one step, in order of time. */
type Plan = readonly PlanStep[];

/** Which plan an address follows: it was taken over, or only the path to it changed. */
export type PlanName = 'takeover' | 'repeat';

export interface AnnouncingConfig {
  readonly plans: Readonly<Record<PlanName, Plan>>;
  /** Pause between two announcements of an address after its plan ended, in ms; 0 = none are sent. */
  readonly refreshIntervalMs: number;
  /** Share of the interval by which it varies either way, 0 to 1. */
  readonly refreshJitter: number;
  /** Frames for one announcement, in all its forms; one of them is the first form. */
  readonly framesPerAnnouncement: number;
  /** Most frames in a second on the interface in the long run. */
  readonly framesPerSecond: number;
  /** Frames that may go beyond that rate when nothing was sent for long: at least `framesAtOnce`. */
  readonly burstFrames: number;
  /** Most frames at one instant. */
  readonly framesAtOnce: number;
  /** Shortest pause between two rounds of sending, in ms, so that many addresses cost few wake-ups. */
  readonly pauseMs: number;
}

/** Where one address stands. A refreshing address that has no `dueMs` is never announced again by itself. */
export type Schedule =
  | { readonly kind: 'planned'; readonly plan: PlanName; readonly step: number; readonly dueMs: number }
  | { readonly kind: 'refreshing'; readonly dueMs?: number };

/** All addresses announced on one interface. */
export interface AnnouncingState {
  /** BOUNDED: by the addresses that this node owns. */
  readonly schedules: ReadonlyMap<IpAddress, Schedule>;
  /** Frames that may be sent at `creditAtMs`; grows from then on. */
  readonly credit: number;
  readonly creditAtMs: number;
  /** Nothing is sent before: the pause after the last round of sending. */
  readonly restUntilMs: number;
  /** Nothing is announced, whatever is due. */
  readonly hushed: boolean;
}

export type AnnouncingEvent =
  /** These addresses are owned from now on. Those that already were keep their place. */
  | { readonly kind: 'taken'; readonly addresses: readonly IpAddress[]; readonly nowMs: number }
  /** These are not: nothing more is sent for them. */
  | { readonly kind: 'lost'; readonly addresses: readonly IpAddress[] }
  /** Everybody may have forgotten these, or all: the carrier came back, the MAC changed, a bond failed over. */
  | { readonly kind: 'forgotten'; readonly addresses?: readonly IpAddress[]; readonly nowMs: number }
  /** This node cannot tell whether anybody hears it, or can again: then everybody may have forgotten. */
  | { readonly kind: 'hushed'; readonly hushed: boolean; readonly nowMs: number }
  /** The time that the last `wake` named has come. */
  | {
      readonly kind: 'due';
      readonly nowMs: number;
      /** Next hops on the interface now. */
      readonly gateways: number;
      /** Uniform in [0, 1): spreads the refreshes. */
      readonly draw: number;
    };

export type AnnouncingAction =
  | { readonly kind: 'announce'; readonly address: IpAddress; readonly form: AnnouncementForm }
  /** Send `due` at this time; replaces any earlier wish. Undefined = there is nothing to wait for. */
  | { readonly kind: 'wake'; readonly atMs: number | undefined };
