import type { IpAddress, MacAddress } from '../../net/index.ts';
import type { InquiryAction, InquiryConfig, InquiryEvent, InquiryState, InquiryStep, Question } from './types.ts';

/** Nothing is asked. */
export function initialInquiry(config: InquiryConfig, nowMs: number): InquiryState {
  return { questions: new Map(), credit: config.framesAtOnce, creditAtMs: nowMs };
}

/** Finds out who on the LAN has an address, for many addresses at once and below a rate of frames. Pure. */
export function stepInquiry(state: InquiryState, event: InquiryEvent, config: InquiryConfig): InquiryStep {
  switch (event.kind) {
    case 'ask':
      return waiting(withAsked(state, event), [], event.nowMs);
    case 'cease':
      return waiting(withoutQuestions(state, event.addresses), [], event.nowMs);
    case 'answered':
      return { state: heard(state, event, config), actions: [] };
    case 'rivalled':
      return { state: heard(state, event, config), actions: [] };
    case 'due':
      return proceeded(state, event.nowMs, config);
    default:
      return event satisfies never;
  }
}

function withAsked(state: InquiryState, event: Extract<InquiryEvent, { kind: 'ask' }>): InquiryState {
  const questions = new Map(state.questions);
  for (const address of event.addresses) {
    const before = questions.get(address);
    if (before === undefined)
      questions.set(address, {
        form: event.form,
        asked: 0,
        dueMs: event.nowMs,
        macs: [],
        macsAsked: [],
        repeated: [],
        rivals: [],
      });
    // What a survey found so far is as good; the rest is asked as who wants the address has to.
    else if (event.form === 'tentative') questions.set(address, { ...before, form: event.form });
  }
  return { ...state, questions };
}

function withoutQuestions(state: InquiryState, addresses: readonly IpAddress[]): InquiryState {
  const questions = new Map(state.questions);
  for (const address of addresses) questions.delete(address);
  return { ...state, questions };
}

function heard(
  state: InquiryState,
  { kind, address, mac }: Extract<InquiryEvent, { kind: 'answered' | 'rivalled' }>,
  { stationsMax }: InquiryConfig,
): InquiryState {
  const question = state.questions.get(address);
  if (question === undefined) return state;
  const changed = kind === 'answered' ? answeredBy(question, mac, stationsMax) : rivalledBy(question, mac, stationsMax);
  return changed === question ? state : { ...state, questions: new Map(state.questions).set(address, changed) };
}

function answeredBy(question: Question, mac: MacAddress, stationsMax: number): Question {
  const { macs, macsAsked, repeated, asked } = question;
  const at = macs.indexOf(mac);
  if (at >= 0) {
    const isAgain = asked > (macsAsked[at] ?? asked) && !repeated.includes(mac);
    return isAgain ? { ...question, repeated: [...repeated, mac] } : question;
  }
  if (macs.length >= stationsMax) return question;
  return { ...question, macs: [...macs, mac], macsAsked: [...macsAsked, asked] };
}

function rivalledBy(question: Question, mac: MacAddress, stationsMax: number): Question {
  const { rivals } = question;
  return rivals.includes(mac) || rivals.length >= stationsMax ? question : { ...question, rivals: [...rivals, mac] };
}

function proceeded(state: InquiryState, nowMs: number, config: InquiryConfig): InquiryStep {
  const questions = new Map(state.questions);
  const actions: InquiryAction[] = [];
  let credit = creditAt(state, nowMs, config);
  for (const [address, question] of mostUrgentFirst(state, nowMs)) {
    if (question.asked === config.askAtMs.length) {
      questions.delete(address);
      const { macs, repeated, rivals } = question;
      actions.push({ kind: 'found', address, macs, repeated, rivals });
    } else if (credit >= 1) {
      credit -= 1;
      questions.set(address, { ...question, asked: question.asked + 1, dueMs: nextMs(question, nowMs, config) });
      actions.push({ kind: 'put', address, form: question.form });
    }
  }
  return waiting({ questions, credit, creditAtMs: nowMs }, actions, nowMs + config.pauseMs);
}

/** Whoever wants to announce goes before who only wants to know; among equals, who waits longest. */
function mostUrgentFirst({ questions }: InquiryState, nowMs: number): (readonly [IpAddress, Question])[] {
  const rank = ({ form }: Question): number => (form === 'tentative' ? 0 : 1);
  return [...questions]
    .filter(([, { dueMs }]) => dueMs <= nowMs)
    .sort(([, a], [, b]) => rank(a) - rank(b) || a.dueMs - b.dueMs);
}

function nextMs({ asked }: Question, nowMs: number, { askAtMs, judgeAfterMs }: InquiryConfig): number {
  const [at, next] = [askAtMs[asked], askAtMs[asked + 1]];
  return nowMs + (at === undefined || next === undefined ? judgeAfterMs : next - at);
}

function creditAt(state: InquiryState, nowMs: number, config: InquiryConfig): number {
  const earned = (Math.max(0, nowMs - state.creditAtMs) * config.framesPerSecond) / 1000;
  return Math.min(config.framesAtOnce, state.credit + earned);
}

/** Names the time of the next `due`: that of the next question, but not before `earliestMs`. */
function waiting(state: InquiryState, actions: readonly InquiryAction[], earliestMs: number): InquiryStep {
  let nextDueMs: number | undefined;
  for (const { dueMs } of state.questions.values()) {
    if (nextDueMs === undefined || dueMs < nextDueMs) nextDueMs = dueMs;
  }
  const atMs = nextDueMs === undefined ? undefined : Math.max(nextDueMs, earliestMs);
  return { state, actions: [...actions, { kind: 'wake', atMs }] };
}
