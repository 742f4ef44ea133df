import type { IpAddress, MacAddress } from '../../net/index.ts';

/**
 * How a question is put. `tentative`: by somebody who may take the address and has no address of his own to ask from, as RFC
 * 5227 §2.1.1 and RFC 4862 §5.4.2 want it. `survey`: by somebody who only wants to know, and disturbs nobody who may be about
 * to take it.
 */
export type QuestionForm = 'tentative' | 'survey';

export interface InquiryConfig {
  /** When the question is put, in ms after the first time; in order. */
  readonly askAtMs: readonly [number, ...number[]];
  /** When the answers are judged, in ms after the question was put for the last time. */
  readonly judgeAfterMs: number;
  /** Most questions in a second on the interface. */
  readonly framesPerSecond: number;
  /** Most questions at one instant. */
  readonly framesAtOnce: number;
  /** Shortest pause between two rounds of sending, in ms. */
  readonly pauseMs: number;
  /** Most stations that are remembered for one address. */
  readonly stationsMax: number;
}

const PACE = { framesPerSecond: 1000, framesAtOnce: 20, pauseMs: 20, stationsMax: 8 };

/**
 * RFC 5227 §1.1 has three probes a second or two apart and waits two seconds more, 4 to 7 s in all, which is for hosts that
 * boot behind switch ports that are not open yet. Here somebody waits for a Service, on a port that carries traffic already: three
 * probes within 0.4 s outlast the loss of two, and 0.3 s more is what stations behind an access point need to answer. Who answers even
 * later is seen as a conflict of an announced address.
 */
export const ARP_INQUIRY: InquiryConfig = { ...PACE, askAtMs: [0, 200, 400], judgeAfterMs: 300 };

/** One solicitation and a wait of 1 s are the defaults of RFC 4862 §5.1; the second one outlasts a loss within that second. */
export const NDP_INQUIRY: InquiryConfig = { ...PACE, askAtMs: [0, 400], judgeAfterMs: 600 };

/** A question about one address. */
export interface Question {
  readonly form: QuestionForm;
  /** How often it has been put. */
  readonly asked: number;
  /** When it is to be put again, or judged. */
  readonly dueMs: number;
  /** Who said that it has the address. BOUNDED: stationsMax. */
  readonly macs: readonly MacAddress[];
  /** How often the question had been put when each of them said so first. */
  readonly macsAsked: readonly number[];
  /** Of these, who said so again when it was put again. */
  readonly repeated: readonly MacAddress[];
  /** Who else asks whether the address is free. BOUNDED: stationsMax. */
  readonly rivals: readonly MacAddress[];
}

export interface InquiryState {
  /** BOUNDED: by the caller: the addresses that it wants to announce, and those of its surveys. */
  readonly questions: ReadonlyMap<IpAddress, Question>;
  /** Questions that may be put at `creditAtMs`; grows from then on. */
  readonly credit: number;
  readonly creditAtMs: number;
}

export type InquiryEvent =
  /** What is being asked already is not asked anew. */
  | {
      readonly kind: 'ask';
      readonly addresses: readonly IpAddress[];
      readonly form: QuestionForm;
      readonly nowMs: number;
    }
  /** Nobody wants to know any more. */
  | { readonly kind: 'cease'; readonly addresses: readonly IpAddress[]; readonly nowMs: number }
  /** A foreign station says that it has the address. */
  | { readonly kind: 'answered'; readonly address: IpAddress; readonly mac: MacAddress }
  /** A foreign station asks whether the address is free, to take it. @see RFC 5227 §2.1.1, RFC 4862 §5.4.3 */
  | { readonly kind: 'rivalled'; readonly address: IpAddress; readonly mac: MacAddress }
  /** The time that the last `wake` named has come. */
  | { readonly kind: 'due'; readonly nowMs: number };

export type InquiryAction =
  | { readonly kind: 'put'; readonly address: IpAddress; readonly form: QuestionForm }
  | {
      readonly kind: 'found';
      readonly address: IpAddress;
      readonly macs: readonly MacAddress[];
      readonly repeated: readonly MacAddress[];
      readonly rivals: readonly MacAddress[];
    }
  /** Send `due` at this time; replaces any earlier wish. Undefined = there is nothing to wait for. */
  | { readonly kind: 'wake'; readonly atMs: number | undefined };

export interface InquiryStep {
  readonly state: InquiryState;
  readonly actions: readonly InquiryAction[];
}

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
