import type { BfdPlane, BfdPlaneListener, BfdSessionReport, BfdSessionSettings } from '../../src/ports/bfd.ts';

/** BFD in the test's hand. */
export class FakeBfdPlane implements BfdPlane {
  sessions: readonly BfdSessionSettings[] = [];
  stopped = false;
  #listener: BfdPlaneListener | undefined;

  start(listener: BfdPlaneListener): void {
    this.#listener = listener;
  }

  set(sessions: readonly BfdSessionSettings[]): void {
    this.sessions = sessions;
  }

  stop(): Promise<void> {
    this.stopped = true;
    return Promise.resolve();
  }

  report(name: string, state: BfdSessionReport['state'], fields: Partial<BfdSessionReport> = {}): void {
    this.#listener?.changed({ name, state, diagnostic: 0, ...fields });
  }

  fail(message: string): void {
    this.#listener?.failed(new Error(message));
  }
}
