import type { IpAddress } from '../../net/index.ts';
import type {
  AnnouncementForm,
  AnnouncingAction,
  AnnouncingConfig,
  AnnouncingEvent,
  AnnouncingState,
  PlanName,
  Schedule,
} from './types.ts';

interface AnnouncingStep {
  readonly state: AnnouncingState;
  readonly actions: readonly AnnouncingAction[];
}

/** An interface on which nothing is announced. */
export function initialAnnouncing(config: AnnouncingConfig, nowMs: number): AnnouncingState {
  return { schedules: new Map(), credit: config.burstFrames, creditAtMs: nowMs, restUntilMs: nowMs, hushed: false };
}

/**
 * Decides what is announced on one interface, when, and in which order: every address gets a step of its plan before any gets
 * the next one, takeovers go before repetitions, both before refreshes, and all together stay below the frame rate. A delayed
 * step delays those after it, so the gaps of the plan hold under load. Pure.
 */
export function stepAnnouncing(
  state: AnnouncingState,
  event: AnnouncingEvent,
  config: AnnouncingConfig,
): AnnouncingStep {
  switch (event.kind) {
    case 'taken':
      return waiting(withTaken(state, event.addresses, event.nowMs), []);
    case 'lost':
      return waiting(withLost(state, event.addresses), []);
    case 'forgotten':
      return waiting(withForgotten(state, event.addresses ?? [...state.schedules.keys()], event.nowMs), []);
    case 'hushed':
      return waiting(withHushed(state, event), []);
    case 'due':
      return announced(state, event, config);
    default:
      return event satisfies never;
  }
}

function withTaken(state: AnnouncingState, addresses: readonly IpAddress[], nowMs: number): AnnouncingState {
  const fresh = addresses.filter((address) => !state.schedules.has(address));
  return withSchedules(state, fresh, () => ({ kind: 'planned', plan: 'takeover', step: 0, dueMs: nowMs }));
}

function withLost(state: AnnouncingState, addresses: readonly IpAddress[]): AnnouncingState {
  const schedules = new Map(state.schedules);
  for (const address of addresses) schedules.delete(address);
  return { ...state, schedules };
}

/** A takeover that is not finished yet starts again in full; whatever has been announced before needs less. */
function withForgotten(state: AnnouncingState, addresses: readonly IpAddress[], nowMs: number): AnnouncingState {
  const known = addresses.filter((address) => state.schedules.has(address));
  return withSchedules(state, known, (before) => {
    const plan: PlanName = before?.kind === 'planned' ? before.plan : 'repeat';
    return { kind: 'planned', plan, step: 0, dueMs: nowMs };
  });
}

function withHushed(
  state: AnnouncingState,
  { hushed, nowMs }: Extract<AnnouncingEvent, { kind: 'hushed' }>,
): AnnouncingState {
  if (hushed || !state.hushed) return { ...state, hushed };
  return withForgotten({ ...state, hushed }, [...state.schedules.keys()], nowMs);
}

function withSchedules(
  state: AnnouncingState,
  addresses: readonly IpAddress[],
  change: (before: Schedule | undefined) => Schedule,
): AnnouncingState {
  const schedules = new Map(state.schedules);
  for (const address of addresses) schedules.set(address, change(schedules.get(address)));
  return { ...state, schedules };
}

function announced(
  state: AnnouncingState,
  event: Extract<AnnouncingEvent, { kind: 'due' }>,
  config: AnnouncingConfig,
): AnnouncingStep {
  if (state.hushed || event.nowMs < state.restUntilMs) return waiting(state, []);
  const schedules = new Map(state.schedules);
  const actions: AnnouncingAction[] = [];
  let credit = creditAt(state, event.nowMs, config);
  let room = config.framesAtOnce;
  let { draw } = event;
  for (const address of mostUrgent(state, event.nowMs, config)) {
    const schedule = schedules.get(address);
    if (schedule === undefined) continue;
    const form = formOf(schedule, config);
    const cost = Math.min(config.framesAtOnce, framesOf(form, event.gateways, config));
    // What is less urgent may be cheaper, but must not overtake.
    if (cost > credit || cost > room) break;
    credit -= cost;
    room -= cost;
    if (cost > 0) actions.push({ kind: 'announce', address, form });
    schedules.set(address, following(schedule, event.nowMs, draw, config));
    draw = (draw + GOLDEN_RATIO) % 1;
  }
  const restUntilMs = event.nowMs + config.pauseMs;
  return waiting({ ...state, schedules, credit, creditAtMs: event.nowMs, restUntilMs }, actions);
}

/** Spreads the members of one batch evenly over the interval, whatever the draw. */
const GOLDEN_RATIO = 0.618_033_988_749_895;
/** Part of the variation of an interval within which refreshes go out together. */
const REFRESH_GRAIN = 1 / 6;

/** What comes after a step that is sent now. */
function following(schedule: Schedule, nowMs: number, draw: number, config: AnnouncingConfig): Schedule {
  if (schedule.kind === 'planned') {
    const plan = config.plans[schedule.plan];
    const [sent, next] = [plan[schedule.step], plan[schedule.step + 1]];
    if (sent !== undefined && next !== undefined) {
      const gapMs = next.atMs - sent.atMs;
      // A pause of sending is made good, a longer delay is passed on: the gaps matter more than the end.
      const dueMs = Math.max(schedule.dueMs + gapMs, nowMs + gapMs - 2 * config.pauseMs);
      return { ...schedule, step: schedule.step + 1, dueMs };
    }
  }
  if (config.refreshIntervalMs === 0) return { kind: 'refreshing' };
  const aimMs = nowMs + config.refreshIntervalMs * (1 + config.refreshJitter * (2 * draw - 1));
  return { kind: 'refreshing', dueMs: together(aimMs, draw, config) };
}

/**
 * Whole seconds, by the default numbers: each time that anything is due costs a look at all addresses, so that refreshes go
 * out many at a time. Away from the ends of the interval's variation, so that none is outside.
 */
function together(aimMs: number, draw: number, { refreshIntervalMs, refreshJitter }: AnnouncingConfig): number {
  const grainMs = Math.max(1, refreshIntervalMs * refreshJitter * REFRESH_GRAIN);
  return (draw < 0.5 ? Math.ceil(aimMs / grainMs) : Math.floor(aimMs / grainMs)) * grainMs;
}

/** The due addresses that one batch can hold at most, most urgent first; among equals the one that waits longest. */
function mostUrgent(state: AnnouncingState, nowMs: number, config: AnnouncingConfig): IpAddress[] {
  const chosen: { readonly address: IpAddress; readonly rank: number; readonly dueMs: number }[] = [];
  for (const [address, schedule] of state.schedules) {
    if (schedule.dueMs === undefined || schedule.dueMs > nowMs) continue;
    const rank = rankOf(schedule);
    let at = chosen.length;
    for (; at > 0; at -= 1) {
      const other = chosen[at - 1];
      if (other === undefined || other.rank < rank || (other.rank === rank && other.dueMs <= schedule.dueMs)) break;
    }
    if (at >= config.framesAtOnce) continue;
    chosen.splice(at, 0, { address, rank, dueMs: schedule.dueMs });
    if (chosen.length > config.framesAtOnce) chosen.pop();
  }
  return chosen.map(({ address }) => address);
}

function rankOf(schedule: Schedule): number {
  if (schedule.kind === 'refreshing') return Number.MAX_SAFE_INTEGER;
  return 2 * schedule.step + (schedule.plan === 'takeover' ? 0 : 1);
}

function formOf(schedule: Schedule, config: AnnouncingConfig): AnnouncementForm {
  if (schedule.kind === 'refreshing') return 'announcement';
  return config.plans[schedule.plan][schedule.step]?.form ?? 'announcement';
}

function framesOf(form: AnnouncementForm, gateways: number, { framesPerAnnouncement }: AnnouncingConfig): number {
  switch (form) {
    case 'announcement':
      return framesPerAnnouncement;
    case 'first-form':
      return 1;
    case 'other-forms':
      return framesPerAnnouncement - 1;
    case 'gateways':
      return gateways;
    default:
      return form satisfies never;
  }
}

function creditAt(state: AnnouncingState, nowMs: number, config: AnnouncingConfig): number {
  const earned = (Math.max(0, nowMs - state.creditAtMs) * config.framesPerSecond) / 1000;
  return Math.min(config.burstFrames, state.credit + earned);
}

/** Names the time of the next `due`: that of the next address, but not before the pause is over. */
function waiting(state: AnnouncingState, actions: readonly AnnouncingAction[]): AnnouncingStep {
  if (state.hushed) return { state, actions: [...actions, { kind: 'wake', atMs: undefined }] };
  let nextMs: number | undefined;
  for (const { dueMs } of state.schedules.values()) {
    if (dueMs !== undefined && (nextMs === undefined || dueMs < nextMs)) nextMs = dueMs;
  }
  const atMs = nextMs === undefined ? undefined : Math.max(nextMs, state.restUntilMs);
  return { state, actions: [...actions, { kind: 'wake', atMs }] };
}
