import { beforeEach, describe, expect, it } from 'vitest';
import type { Libc } from '../../../../src/adapters/linux/libc.ts';
import { TcpListener } from '../../../../src/adapters/linux/tcp-listener.ts';
import { type Prefix, parsePrefix } from '../../../../src/core/net/index.ts';

const EAGAIN = 11;
const ENOMEM = 12;
const IPPROTO_TCP = 6;
const TCP_MD5SIG = 14;

/** A kernel with connections that wait to be let in. */
class FakeKernel {
  /** It takes no key. */
  refuses = false;
  waiting = 0;
  dismissed = 0;

  get libc(): Libc {
    const calls: Partial<Libc> = {
      socket: () => 3,
      bind: () => 0,
      listen: () => 0,
      setsockopt: (_fd, level, option) => (this.refuses && level === IPPROTO_TCP && option === TCP_MD5SIG ? -1 : 0),
      accept4: () => {
        if (this.waiting === 0) return -1;
        this.waiting -= 1;
        return 9;
      },
      close: (fd) => {
        if (fd === 9) this.dismissed += 1;
        return 0;
      },
      errno: () => (this.refuses ? ENOMEM : EAGAIN),
      whenReadable: () => ({ rest: () => undefined, close: () => undefined }),
    };
    return calls as Libc;
  }
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

describe('a listener whose keys change', () => {
  const key = { from: prefix('10.9.0.1/32'), password: 'secret' };
  const tooLong = { from: prefix('10.9.0.2/32'), password: 'x'.repeat(81) };
  let kernel: FakeKernel;
  let listener: TcpListener;
  beforeEach(() => {
    kernel = new FakeKernel();
    listener = new TcpListener({ port: 1790, accept: () => undefined }, () => undefined, kernel.libc);
    kernel.waiting = 2;
  });

  it('dismisses who waits once the kernel knows a password more, and nobody for the same again', () => {
    listener.setKeys([key]);
    expect(kernel.dismissed).toBe(2);
    kernel.waiting = 2;
    listener.setKeys([key]);
    expect(kernel.dismissed).toBe(2);
  });

  it('leaves who waits alone, however often it tries a key that the kernel refuses', () => {
    kernel.refuses = true;
    for (let tries = 0; tries < 3; tries += 1) expect(() => listener.setKeys([key])).toThrow(/error 12/);
    expect(kernel.dismissed).toBe(0);
    kernel.refuses = false;
    listener.setKeys([key]);
    expect(kernel.dismissed).toBe(2);
  });

  it('dismisses who waits only the first time where it takes some keys and refuses others', () => {
    expect(() => listener.setKeys([tooLong, key])).toThrow(/at most 80/);
    expect(kernel.dismissed).toBe(2);
    kernel.waiting = 2;
    expect(() => listener.setKeys([tooLong, key])).toThrow(/at most 80/);
    expect(kernel.dismissed).toBe(2);
  });
});
