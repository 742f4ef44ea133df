import { connect, type Socket } from 'node:net';

/** Talks to a BIRD over its control socket: a question takes a fraction of a millisecond. @see birdc */
export class BirdControl {
  readonly #socket: Socket;
  #text = '';
  #answered: (text: string) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.#text += String(chunk);
      // The last line of an answer has its code followed by a blank; lines before it have a dash.
      if (!/^(0|8|9)\d{3} [^\n]*\n$/m.test(this.#text.slice(this.#text.lastIndexOf('\n', this.#text.length - 2) + 1)))
        return;
      const text = this.#text;
      this.#text = '';
      this.#answered(text);
    });
  }

  static async open(path: string): Promise<BirdControl> {
    const control = new BirdControl(connect(path));
    // It greets whoever connects.
    await control.#answer();
    return control;
  }

  async ask(command: string): Promise<string> {
    const answer = this.#answer();
    this.#socket.write(`${command}\n`);
    return answer;
  }

  /** Routes that a protocol has brought. */
  async count(protocol: string): Promise<number> {
    const text = await this.ask(`show route protocol ${protocol} count`);
    return [...text.matchAll(/(\d+) of \d+ routes/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async isUp(protocol: string): Promise<boolean> {
    return (await this.ask(`show protocols ${protocol}`)).includes('Established');
  }

  async hasRoute(prefix: string): Promise<boolean> {
    return (await this.ask(`show route for ${prefix}`)).includes('unicast');
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }
}

/** How long it takes until something holds, in ms; it is looked at without pause. */
export async function timeUntil(holds: () => Promise<boolean>, withinMs = 60_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`it does not hold after ${withinMs} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return performance.now() - startedAt;
}
