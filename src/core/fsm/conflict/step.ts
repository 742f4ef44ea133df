import type { IpAddress } from '../../net/index.ts';
import type { ConflictAction, ConflictConfig, ConflictEvent, ConflictState, Standing } from './types.ts';

export interface ConflictStep {
  readonly state: ConflictState;
  readonly actions: readonly ConflictAction[];
}

/**
 * An address that is announced is never given up to another station: of the three ways of RFC 5227 §2.4 this is (c), for hosts
 * whose address others rely on. One defence in ten seconds is what it allows then, so that two stubborn stations do not flood
 * the LAN.
 */
export const CONFLICT: ConflictConfig = {
  defendIntervalMs: 10_000,
  quietMs: 30_000,
  retryMs: 10_000,
  quickTries: 10,
  slowRetryMs: 60_000,
  rivalTries: 3,
  rivalPauseMs: 1000,
  jitter: 0.1,
};

/** No address is in any doubt. */
export const NO_CONFLICT: ConflictState = { standings: new Map() };

/** What becomes of one address; absent: there is nothing more to remember. */
interface Verdict {
  readonly standing?: Standing;
  readonly actions: readonly ConflictAction[];
}

/**
 * Decides for each address of one interface whether it may be announced, and what to do when somebody else claims it. Pure.
 * @see RFC 5227 §2.1, §2.4; RFC 4862 §5.4
 */
export function stepConflict(state: ConflictState, event: ConflictEvent, config: ConflictConfig): ConflictStep {
  const standings = new Map(state.standings);
  const actions: ConflictAction[] = [];
  const settle = (address: IpAddress, verdict: Verdict): void => {
    if (verdict.standing === undefined) standings.delete(address);
    else standings.set(address, verdict.standing);
    actions.push(...verdict.actions);
  };
  switch (event.kind) {
    case 'wanted':
      for (const address of event.addresses) if (!standings.has(address)) settle(address, asking(address, 0, 0));
      break;
    case 'unwanted':
      for (const address of event.addresses) standings.delete(address);
      break;
    case 'found': {
      const standing = standings.get(event.address);
      if (standing !== undefined) settle(event.address, judged(standing, event, config));
      break;
    }
    case 'claimed':
      settle(event.address, claimed(standings.get(event.address), event, config));
      break;
    case 'due':
      for (const [address, standing] of state.standings) settle(address, resumed(address, standing, event, config));
      break;
    default:
      event satisfies never;
  }
  return { state: { standings }, actions: [...actions, { kind: 'wake', atMs: nextDueMs(standings, config) }] };
}

function asking(address: IpAddress, tries: number, rivals: number): Verdict {
  return { standing: { kind: 'tentative', tries, rivals }, actions: [{ kind: 'ask', address }] };
}

/** The LAN has been asked. */
function judged(standing: Standing, event: Extract<ConflictEvent, { kind: 'found' }>, config: ConflictConfig): Verdict {
  switch (standing.kind) {
    case 'tentative':
      return judgedTentative(standing, event, config);
    case 'disputed':
      return judgedDispute(standing, event, config);
    case 'yielding':
    case 'duplicate':
      // Asked by somebody else: the pause goes on.
      return { standing, actions: [] };
    default:
      return standing satisfies never;
  }
}

function judgedTentative(
  { tries, rivals }: Extract<Standing, { kind: 'tentative' }>,
  { address, macs, rivals: asked, nowMs, draw }: Extract<ConflictEvent, { kind: 'found' }>,
  config: ConflictConfig,
): Verdict {
  const [mac] = macs;
  if (mac !== undefined) {
    const pauseMs = tries + 1 < config.quickTries ? config.retryMs : config.slowRetryMs;
    const dueMs = nowMs + pauseMs * (1 + config.jitter * draw);
    return {
      standing: { kind: 'duplicate', mac, tries: tries + 1, dueMs },
      actions: [{ kind: 'report', address, mac, conflict: 'in-use' }],
    };
  }
  // Who only asks does not have it: after some patience it is ours, as the configuration says.
  if (asked.length > 0 && rivals < config.rivalTries) {
    const dueMs = nowMs + config.rivalPauseMs * draw;
    return { standing: { kind: 'yielding', tries, rivals: rivals + 1, dueMs }, actions: [] };
  }
  const over: readonly ConflictAction[] = tries > 0 ? [{ kind: 'over', address }] : [];
  return { actions: [...over, { kind: 'announce', address }] };
}

function judgedDispute(
  standing: Extract<Standing, { kind: 'disputed' }>,
  { address, macs, nowMs }: Extract<ConflictEvent, { kind: 'found' }>,
  config: ConflictConfig,
): Verdict {
  if (!standing.asking) return { standing, actions: [] };
  const [mac] = macs;
  if (mac !== undefined)
    return claimed({ ...standing, asking: false }, { kind: 'claimed', address, mac, nowMs }, config);
  // It may have claimed again while nobody answered.
  if (nowMs - standing.heardAtMs < config.quietMs) return { standing: { ...standing, asking: false }, actions: [] };
  return { actions: [{ kind: 'over', address }] };
}

/** Somebody claims an address that is announced here. */
function claimed(
  standing: Standing | undefined,
  { address, mac, nowMs }: Extract<ConflictEvent, { kind: 'claimed' }>,
  config: ConflictConfig,
): Verdict {
  if (standing === undefined) {
    return {
      standing: { kind: 'disputed', mac, defendedAtMs: nowMs, heardAtMs: nowMs, asking: false },
      actions: [
        { kind: 'defend', address },
        { kind: 'report', address, mac, conflict: 'claimed' },
      ],
    };
  }
  // What is not announced cannot be defended.
  if (standing.kind !== 'disputed') return { standing, actions: [] };
  const heard: Standing = { ...standing, mac, heardAtMs: nowMs };
  if (nowMs - standing.defendedAtMs < config.defendIntervalMs) return { standing: heard, actions: [] };
  return {
    standing: { ...heard, defendedAtMs: nowMs },
    actions: [
      { kind: 'defend', address },
      { kind: 'report', address, mac, conflict: 'claimed' },
    ],
  };
}

/** A pause is over. */
function resumed(
  address: IpAddress,
  standing: Standing,
  { nowMs }: Extract<ConflictEvent, { kind: 'due' }>,
  config: ConflictConfig,
): Verdict {
  const dueMs = dueMsOf(standing, config);
  if (dueMs === undefined || dueMs > nowMs) return { standing, actions: [] };
  switch (standing.kind) {
    case 'yielding':
      return asking(address, standing.tries, standing.rivals);
    case 'duplicate':
      return asking(address, standing.tries, 0);
    case 'disputed':
      return { standing: { ...standing, asking: true }, actions: [{ kind: 'ask', address }] };
    case 'tentative':
      return { standing, actions: [] };
    default:
      return standing satisfies never;
  }
}

function dueMsOf(standing: Standing, { quietMs }: ConflictConfig): number | undefined {
  switch (standing.kind) {
    case 'tentative':
      return undefined;
    case 'yielding':
    case 'duplicate':
      return standing.dueMs;
    case 'disputed':
      return standing.asking ? undefined : standing.heardAtMs + quietMs;
    default:
      return standing satisfies never;
  }
}

function nextDueMs(standings: ReadonlyMap<IpAddress, Standing>, config: ConflictConfig): number | undefined {
  let nextMs: number | undefined;
  for (const standing of standings.values()) {
    const dueMs = dueMsOf(standing, config);
    if (dueMs !== undefined && (nextMs === undefined || dueMs < nextMs)) nextMs = dueMs;
  }
  return nextMs;
}
