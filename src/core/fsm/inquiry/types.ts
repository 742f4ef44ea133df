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
