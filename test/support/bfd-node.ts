import { WorkerBfdPlane } from '../../src/adapters/linux/worker-bfd-plane.ts';
import type { BfdCounters, BfdPlane, BfdSessionReport, BfdSessionSettings } from '../../src/ports/bfd.ts';
import { inNamespace } from './network-namespace.ts';

/** The BFD plane of a node, in its own thread inside the node's namespace, with what it told. */
export class BfdNode {
  readonly #plane: BfdPlane;
  readonly #node: string;
  readonly reports: BfdSessionReport[] = [];
  readonly counters: BfdCounters[] = [];
  readonly failures: string[] = [];

  constructor(node: string) {
    this.#node = node;
    this.#plane = new WorkerBfdPlane({ entry: new URL('../../src/cli/bfd-worker.ts', import.meta.url) });
    this.#plane.start({
      changed: (report) => this.reports.push(report),
      counted: (counters) => this.counters.push(counters),
      failed: (error) => this.failures.push(error.message),
    });
  }

  set(...sessions: readonly BfdSessionSettings[]): void {
    inNamespace(this.#node, () => this.#plane.set(sessions));
  }

  /** What was told last of a session. */
  report(name: string): BfdSessionReport | undefined {
    return this.reports.findLast((report) => report.name === name);
  }

  async stop(): Promise<void> {
    await this.#plane.stop();
  }
}
