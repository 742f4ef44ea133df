import { type ChildProcess, spawn } from 'node:child_process';
import type { BgpPeerSettings, BgpRoute, BgpSessionReport } from '../../../src/ports/bgp-channel.ts';
import { eventually } from '../eventually.ts';
import type { FromSpeaker, ToSpeaker } from './speaker-program.ts';

export interface SpeakerHostOptions {
  /** Wait for routers though no peer is passive. */
  readonly listen?: boolean;
  readonly drainMs?: number;
  /** Where it keeps its local state. */
  readonly stateDir?: string;
  readonly nodeFlags?: readonly string[];
}

/** A speaker in a namespace, as its controller sees it. */
export class SpeakerHost {
  readonly #child: ChildProcess;
  /** What was reported last of each peer. */
  readonly reports = new Map<string, BgpSessionReport>();
  /** Every report, in order. */
  readonly history: BgpSessionReport[] = [];
  readonly failures: string[] = [];
  #measured: (value: number) => void = () => {};
  #revision = 0;
  #acknowledged = 0;
  #ready = false;
  #stopped = false;
  #resources: readonly string[] = [];
  #exited = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: FromSpeaker) => this.#heard(message));
    child.on('exit', () => {
      this.#exited = true;
    });
    child.stderr?.on('data', (text) => this.failures.push(String(text)));
  }

  static async start(namespace: string, options: SpeakerHostOptions = {}): Promise<SpeakerHost> {
    const program = new URL('./speaker-program.ts', import.meta.url).pathname;
    const host = new SpeakerHost(
      spawn('ip', ['netns', 'exec', namespace, process.execPath, ...(options.nodeFlags ?? []), program], {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
        env: {
          ...process.env,
          LISTEN: options.listen === true ? '1' : '0',
          STATE_DIR: options.stateDir ?? '/run/heraldlb',
          DRAIN_MS: String(options.drainMs ?? 200),
        },
      }),
    );
    await eventually(() => {
      if (!host.#ready) throw new Error(`the speaker did not start: ${host.failures.join()}`);
    }, 20_000);
    return host;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Makes this the whole world. */
  snapshot(peers: readonly BgpPeerSettings[], routes: readonly BgpRoute[], draining = false): void {
    this.#revision += 1;
    const settings = { peers, draining };
    this.#tell({ kind: 'apply', message: { kind: 'bgp-snapshot', revision: this.#revision, settings, routes } });
  }

  /** These come, or change; those go. */
  change(routes: readonly BgpRoute[], withdrawn: readonly BgpRoute[] = []): void {
    this.#revision += 1;
    const prefixes = withdrawn.map(({ prefix }) => prefix);
    this.#tell({
      kind: 'apply',
      message: { kind: 'bgp-delta', revision: this.#revision, routes, withdrawn: prefixes },
    });
  }

  /** Hands over what `go` is to change. */
  prepare(routes: readonly BgpRoute[]): void {
    this.#revision += 1;
    this.#tell({ kind: 'prepare', message: { kind: 'bgp-delta', revision: this.#revision, routes, withdrawn: [] } });
  }

  go(): void {
    this.#tell({ kind: 'go' });
  }

  async state(peer: string, state: BgpSessionReport['state'], withinMs = 20_000): Promise<void> {
    await eventually(() => {
      const report = this.reports.get(peer);
      if (report?.state !== state) throw new Error(`${peer} is ${JSON.stringify(report)}, not ${state}`);
    }, withinMs);
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    if (this.#exited) return;
    this.#tell({ kind: 'stop' });
    await eventually(() => {
      if (!this.#stopped && !this.#exited) throw new Error('the speaker did not stop');
    }, 20_000);
    await this.#gone();
  }

  /** The value of one series of its metrics. One question at a time. */
  async measure(metric: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const answer = new Promise<number>((resolve) => {
      this.#measured = resolve;
    });
    this.#tell({ kind: 'measure', metric, labels });
    return answer;
  }

  /** SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** As when memory runs out. */
  async kill(): Promise<void> {
    if (!this.#exited) this.signal('SIGKILL');
    await this.#gone();
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  async #gone(): Promise<void> {
    await eventually(() => {
      if (!this.#exited) throw new Error(`the speaker did not end: ${this.#resources.join(', ')}`);
    }, 20_000);
  }

  #tell(message: ToSpeaker): void {
    this.#child.send(message);
  }

  #heard(message: FromSpeaker): void {
    switch (message.kind) {
      case 'ready':
        this.#ready = true;
        return;
      case 'stopped':
        this.#stopped = true;
        this.#resources = message.resources;
        return;
      case 'measured':
        this.#measured(message.value);
        return;
      case 'failed':
        this.failures.push(message.reason);
        return;
      case 'said':
        if (message.message.kind === 'bgp-ack') this.#acknowledged = message.message.revision;
        else this.#reported(message.message.sessions);
        return;
      default:
        message satisfies never;
    }
  }

  #reported(sessions: readonly BgpSessionReport[]): void {
    for (const session of sessions) {
      this.reports.set(session.peer, session);
      this.history.push(session);
    }
  }
}
