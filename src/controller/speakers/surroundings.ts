import { sameValue } from '../../core/config/same-value.ts';
import type { ControllerMessage } from '../../ports/channel.ts';
import { isSameKey } from './hello-key-policy.ts';

/** What a node is told whole whenever it changes, beside its grants. */
export type SurroundingsMessage = Extract<ControllerMessage, { kind: 'neighbours' | 'hello-keys' }>;

/** What one node is to know of its surroundings, and what of it this session was not told. Of each kind the newest is enough. */
export class Surroundings {
  /** BOUNDED: by the kinds of messages, as is the next. */
  readonly #latest = new Map<SurroundingsMessage['kind'], SurroundingsMessage>();
  readonly #untold = new Set<SurroundingsMessage['kind']>();

  /** To say the same again changes nothing. */
  set(message: SurroundingsMessage): void {
    if (sameMessage(this.#latest.get(message.kind), message)) return;
    this.#latest.set(message.kind, message);
    this.#untold.add(message.kind);
  }

  /** It is told of no neighbour: what else there is, every node is told. */
  get isCommon(): boolean {
    const neighbours = this.#latest.get('neighbours');
    return neighbours?.kind !== 'neighbours' || neighbours.neighbours.length === 0;
  }

  /** A session begins: nothing was told on it. */
  begin(): void {
    for (const kind of this.#latest.keys()) this.#untold.add(kind);
  }

  /** What is to be told now. */
  take(): readonly SurroundingsMessage[] {
    const messages = [...this.#untold].flatMap((kind) => this.#latest.get(kind) ?? []);
    this.#untold.clear();
    return messages;
  }
}

function sameMessage(a: SurroundingsMessage | undefined, b: SurroundingsMessage): boolean {
  if (a?.kind === 'neighbours' && b.kind === 'neighbours') return sameValue(a, b);
  if (a?.kind !== 'hello-keys' || b.kind !== 'hello-keys' || a.keys.length !== b.keys.length) return false;
  return a.keys.every((key, at) => {
    const other = b.keys[at];
    return other !== undefined && isSameKey(key, other);
  });
}
