import { type Hello, nodeTag } from '../../../../../src/core/codec/hello/index.ts';
import { macFromValue } from '../../../../../src/core/net/index.ts';

/** A hello from `a` to `b`. */
export function hello(change: Partial<Hello> = {}): Hello {
  return {
    sender: 'a',
    receiver: nodeTag('b'),
    incarnation: 1,
    sequence: 1,
    echo: { incarnation: 0, sequence: 0, accepted: 0 },
    intervalMs: 100,
    leaving: false,
    starting: false,
    resync: false,
    alone: false,
    interfaces: [{ name: 'eth0', mac: macFromValue(0x0200_0000_000a), up: true }],
    heard: [{ tag: nodeTag('b'), ageMs: 10 }],
    exchange: 1,
    digest: 0,
    entries: [],
    ...change,
  };
}
