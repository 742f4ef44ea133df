import { readFile } from 'node:fs/promises';
import type { ControllerLink, ControllerLinkHandler, SessionEnd, SpeakerMessage } from '../../ports/channel.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Gauge, Metrics } from '../../ports/metrics.ts';
import { pause } from '../../ports/pause.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { DialOrder } from './dial-order.ts';
import { LinkSession } from './link-session.ts';
import { LINK_CONNECTED, LINK_DIALS, LINK_REFUSED_PARTS } from './metrics.ts';

export interface ControllerLinkOptions {
  /** `host:port` of the controller; an IPv6 address in brackets. */
  readonly target: string;
  /**
   * Another way to the same controller, dialled after two failures of the first in a row: a Service that is made anew has
   * another address.
   */
  readonly fallbackTarget?: string;
  /** The name that the controller's certificate must have. */
  readonly serverName: string;
  /** PEM certificates to trust. Read anew for each dial. */
  readonly caBundlePath: string;
  /** Our projected ServiceAccount token. Read anew for each dial, and shown in the session when it changes. */
  readonly tokenPath: string;
  /** From the dial to the welcome. */
  readonly welcomeTimeoutMs: number;
  /** The controller is dead after this many of its heartbeats are missing. */
  readonly missedHeartbeats: number;
  /** Pause before the second dial; doubles up to the longest, each with a random part of half of it. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
  /** How often the token file is looked at. */
  readonly tokenCheckMs: number;
}

export const DEFAULT_CONTROLLER_LINK_OPTIONS = {
  welcomeTimeoutMs: 3_000,
  missedHeartbeats: 4,
  shortestPauseMs: 50,
  longestPauseMs: 1_000,
  tokenCheckMs: 10_000,
} satisfies Partial<ControllerLinkOptions>;

export interface ControllerLinkDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Given = Pick<ControllerLinkOptions, 'target' | 'serverName' | 'caBundlePath' | 'tokenPath'>;

/** Dials the controller for as long as the process lives. A new leader is found within the longest pause. */
export class GrpcControllerLink implements ControllerLink {
  readonly #options: ControllerLinkOptions;
  readonly #dependencies: ControllerLinkDependencies;
  readonly #dials: Counter<'result'>;
  readonly #refused: Counter;
  readonly #connected: Gauge;
  #session: LinkSession | undefined;
  /** What was logged last of each target, so that an hour without a controller is one line for it. BOUNDED: two. */
  readonly #complaints = new Map<string, string>();

  constructor(options: Given & Partial<ControllerLinkOptions>, dependencies: ControllerLinkDependencies) {
    this.#options = { ...DEFAULT_CONTROLLER_LINK_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#dials = dependencies.metrics.counter(LINK_DIALS);
    this.#refused = dependencies.metrics.counter(LINK_REFUSED_PARTS);
    this.#connected = dependencies.metrics.gauge(LINK_CONNECTED);
  }

  async start(handler: ControllerLinkHandler, signal: AbortSignal): Promise<void> {
    this.#connected.set({}, 0);
    const { target, fallbackTarget = target } = this.#options;
    const order = new DialOrder(target, fallbackTarget);
    while (!signal.aborted) {
      order.dialled(await this.#dial(order.target, handler, signal));
      await this.#pause(order.failures, signal);
    }
  }

  send(message: Exclude<SpeakerMessage, { kind: 'hello' }>): void {
    this.#session?.send(message);
  }

  /** Lives through one session. True when there was one, and either side could read the other: else the next ends as it did. */
  async #dial(target: string, handler: ControllerLinkHandler, signal: AbortSignal): Promise<boolean> {
    let files: { readonly ca: Buffer; readonly token: string };
    try {
      files = await this.#readFiles();
    } catch (error) {
      this.#complain(target, 'transport', messageOf(error));
      return false;
    }
    const session = new LinkSession({ ...this.#options, target, ...files }, this.#dependencies, {
      hello: () => handler.hello(),
      received: (message) => handler.received(message),
      refused: (parts) => {
        this.#refused.add({}, parts.length);
        this.#dependencies.log.warn('controller-message-refused-in-part', { parts: parts.length, first: parts[0] });
      },
      connected: (connected) => {
        this.#connected.set({}, connected ? 1 : 0);
        if (connected) this.#dependencies.log.info('controller-connected', { target });
        if (connected) this.#complaints.clear();
        handler.connected(connected);
      },
    });
    const tokenCheck = this.#watchToken(session, files.token);
    // From here on, since what changes after the hello has been written must follow it.
    this.#session = session;
    const outcome = await session.run(signal);
    this.#session = undefined;
    tokenCheck.cancel();
    this.#dials.add({ result: outcome.end });
    if (!signal.aborted) this.#complain(target, outcome.end, outcome.detail);
    return outcome.welcomed && outcome.end !== 'protocol-error';
  }

  async #readFiles(): Promise<{ readonly ca: Buffer; readonly token: string }> {
    const [ca, token] = await Promise.all([readFile(this.#options.caBundlePath), this.#readToken()]);
    return { ca, token };
  }

  async #readToken(): Promise<string> {
    return (await readFile(this.#options.tokenPath, 'utf8')).trim();
  }

  /** The kubelet replaces the file well before the token ends: shown at once, the session never has to end for it. */
  #watchToken(session: LinkSession, first: string): Timer {
    let shown = first;
    let timer: Timer;
    const arm = (): void => {
      timer = this.#dependencies.timers.start(this.#options.tokenCheckMs, () => {
        arm();
        this.#readToken().then(
          (token) => {
            // A file that somebody writes in place is empty for a moment.
            if (token === '' || token === shown) return;
            shown = token;
            session.send({ kind: 'credentials', token });
          },
          (error: unknown) => this.#dependencies.log.warn('token-unreadable', { error: String(error) }),
        );
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  #complain(target: string, end: SessionEnd, detail: string): void {
    const complaint = `${end} ${detail}`;
    if (complaint === this.#complaints.get(target)) return;
    this.#complaints.set(target, complaint);
    this.#dependencies.log.warn('controller-lost', { target, end, detail });
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const { shortestPauseMs, longestPauseMs } = this.#options;
    const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(failures, 16));
    const jitteredMs = pauseMs * (0.5 + this.#dependencies.random.next() / 2);
    await pause(jitteredMs, this.#dependencies.timers, signal);
  }
}
