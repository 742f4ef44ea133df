import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Prefix, parsePrefix } from '../../src/core/net/index.ts';
import type { ConnectOptions, StreamHops, StreamSettings } from '../../src/ports/stream-connector.ts';
import { eventually } from '../support/eventually.ts';
import { v4, v6 } from '../support/fake-lan.ts';
import { NamespaceLan } from '../support/namespace-lan.ts';
import { ip, sysctl } from '../support/network-namespace.ts';
import { connectFrom, listenAt, type RecordingEnd } from '../support/stream-host.ts';

const NEAR: StreamHops = { kind: 'ttl', ttl: 1 };
const SECURE: StreamHops = { kind: 'security', hops: 1 };
const settings = (hops: StreamHops = NEAR): StreamSettings => ({ hops, userTimeoutMs: 10_000 });
const to = (remote: string, fields: Partial<ConnectOptions> = {}): ConnectOptions => ({
  remote: remote.includes(':') ? v6(remote) : v4(remote),
  port: 1790,
  ...settings(),
  ...fields,
});

describe('TCP connections of the speaker', () => {
  let lan: NamespaceLan;
  let server: ReturnType<typeof listenAt>;
  let hopsAtServer: StreamHops;
  const dialled: ReturnType<typeof connectFrom>[] = [];

  beforeAll(async () => {
    lan = await NamespaceLan.create('node', 'router');
    for (const [index, host] of ['node', 'router'].entries()) {
      await sysctl(host, 'ipv6/conf/all/disable_ipv6', 0);
      await ip(`-n ${host} address add fd09::${index + 1}/64 dev eth0 nodad`);
      await ip(`-n ${host} address add fe80::${index + 1}/64 dev eth0 nodad`);
    }
    await ip('-n node address add 10.9.0.77/24 dev eth0');
  });

  beforeEach(() => {
    hopsAtServer = NEAR;
    server = listenAt('router', 1790, () => settings(hopsAtServer));
  });

  afterEach(() => {
    for (const { attempt } of dialled) attempt.abort();
    for (const end of [...dialled.splice(0).map(({ end: one }) => one), ...server.ends]) void end.stream?.close(10);
    server.listener.close();
  });

  afterAll(async () => lan.destroy());

  const dial = (options: ConnectOptions): RecordingEnd => {
    const one = connectFrom('node', options);
    dialled.push(one);
    return one.end;
  };
  const talks = async (end: RecordingEnd): Promise<void> => {
    await patiently(() => expect(end.stream).toBeDefined());
    end.stream?.write(new TextEncoder().encode('hello'));
    await patiently(() => expect(server.ends.at(-1)?.text).toBe('hello'));
    server.ends.at(-1)?.stream?.write(new TextEncoder().encode('world'));
    await patiently(() => expect(end.text).toBe('world'));
  };

  it('carry octets both ways, and know both of their ends', async () => {
    const end = dial(to('10.9.0.2', { local: v4('10.9.0.77') }));
    await talks(end);
    expect(end.stream?.ends).toEqual({ local: v4('10.9.0.77'), remote: v4('10.9.0.2') });
    expect(server.asked).toEqual([{ local: v4('10.9.0.2'), remote: v4('10.9.0.77') }]);
  });

  it('reach IPv6 and link-local addresses, these by their interface', async () => {
    await talks(dial(to('fd09::2')));
    const end = dial(to('fe80::2', { interface: 'eth0' }));
    await talks(end);
    expect(end.stream?.ends).toEqual({ local: v6('fe80::1'), remote: v6('fe80::2'), interface: 'eth0' });
    // Its interface is named by the namespace that the thread is in now, which is another one.
    expect(server.asked.at(-1)).toMatchObject({ local: v6('fe80::2'), remote: v6('fe80::1') });
  });

  it.each([
    ['10.9.0.2', '10.9.0.1/32'],
    ['10.9.0.2', '10.9.0.0/24'],
    ['fd09::2', 'fd09::1/128'],
    ['fd09::2', 'fd09::/64'],
  ])(
    'to %s show the password that the listener has for %s, and come about with no other (RFC 2385)',
    async (remote, from) => {
      server.listener.setKeys([{ from: prefix(from), password: 'secret' }]);
      await talks(dial(to(remote, { password: 'secret' })));
      const wrong = dial(to(remote, { password: 'other' }));
      const none = dial(to(remote));
      await sleep(500);
      expect([wrong.stream, none.stream]).toEqual([undefined, undefined]);
      expect(server.ends).toHaveLength(1);
    },
  );

  it('show the passwords that the kernel takes also beside one that it refuses, whose peer is not let in', async () => {
    const keys = [
      { from: prefix('10.9.0.77/32'), password: 'x'.repeat(81) },
      { from: prefix('10.9.0.1/32'), password: 'secret' },
    ];
    expect(() => server.listener.setKeys(keys)).toThrow(/at most 80/);
    await talks(dial(to('10.9.0.2', { password: 'secret' })));
    const wrong = dial(to('10.9.0.2', { password: 'other' }));
    const refused = dial(to('10.9.0.2', { local: v4('10.9.0.77') }));
    await patiently(() => expect(refused.why).toBeDefined());
    await sleep(500);
    expect(wrong.stream).toBeUndefined();
    expect(server.ends).toHaveLength(1);
    server.listener.setKeys(keys.slice(1));
    await talks(dial(to('10.9.0.2', { local: v4('10.9.0.77') })));
  });

  it('are dismissed that the kernel let in before it knew the password', async () => {
    const early = dial(to('10.9.0.2'));
    // By then the kernel has called, and nobody has looked yet at who waits.
    await new Promise((resolve) => process.nextTick(resolve));
    server.listener.setKeys([{ from: prefix('10.9.0.1/32'), password: 'secret' }]);
    await talks(dial(to('10.9.0.2', { password: 'secret' })));
    expect(server.asked).toHaveLength(1);
    await patiently(() => expect(early.why).toBeDefined());
  });

  it('need no password any more when it was taken off', async () => {
    server.listener.setKeys([{ from: prefix('10.9.0.1/32'), password: 'secret' }]);
    server.listener.setKeys([]);
    await talks(dial(to('10.9.0.2')));
  });

  it('say nothing to whom TTL security does not find near enough (RFC 5082)', async () => {
    hopsAtServer = SECURE;
    await talks(dial(to('10.9.0.2', { hops: SECURE })));
    const far = dial(to('10.9.0.2', { hops: { kind: 'ttl', ttl: 64 } }));
    await patiently(() => expect(far.stream).toBeDefined());
    far.stream?.write(new TextEncoder().encode('hello'));
    await sleep(500);
    expect(server.ends.at(-1)?.text).toBe('');
  });

  it('tell in words why they do not come about', async () => {
    const refused = dial(to('10.9.0.2', { port: 1 }));
    await patiently(() => expect(refused.why).toMatch(/refuses the connection/));
    const nobody = dial(to('10.9.9.9'));
    await patiently(() => expect(nobody.why).toMatch(/no route to the peer/));
    expect(() => dial(to('10.9.0.2', { local: v4('10.9.0.99') }))).toThrow(/correct sourceAddress/);
    expect(() => dial(to('fe80::2', { interface: 'nowhere' }))).toThrow(/no interface nowhere/);
    expect(() => dial(to('10.9.0.2', { password: 'x'.repeat(81) }))).toThrow(/at most 80/);
  });

  it('are refused at once to whom nobody knows', async () => {
    const strict = listenAt('router', 1791, () => undefined);
    const end = dial(to('10.9.0.2', { port: 1791 }));
    await patiently(() => expect(end.why).toBeDefined());
    strict.listener.close();
  });

  it('deliver the last words before they end, though the peer still talks', async () => {
    const end = dial(to('10.9.0.2'));
    await talks(end);
    const peer = server.ends.at(-1);
    peer?.stream?.write(new Uint8Array(100_000));
    end.stream?.write(new TextEncoder().encode(', goodbye'));
    void end.stream?.close(1000);
    await patiently(() => expect(peer?.text).toBe('hello, goodbye'));
    await patiently(() => expect(peer?.why).toBe('the peer closed the connection'));
    expect(end.why).toBeUndefined();
  });

  it('tell how much a peer that stops reading leaves to be sent', async () => {
    const end = dial(to('10.9.0.2'));
    await talks(end);
    server.ends.at(-1)?.stream?.pause();
    for (let count = 0; count < 200; count += 1) end.stream?.write(new Uint8Array(65_536));
    await patiently(() => expect(end.stream?.pending).toBeGreaterThan(1_000_000));
    server.ends.at(-1)?.stream?.resume();
    await patiently(() => expect(end.stream?.pending).toBe(0));
  });

  it('leave port and listener free after they ended', () => {
    server.listener.close();
    const again = listenAt('router', 1790, () => settings());
    again.listener.close();
    server = listenAt('router', 1790, () => settings());
  });

  it('say that the port is taken', () => {
    expect(() => listenAt('router', 1790, () => settings())).toThrow(/TCP port 1790 is taken by another program/);
  });
});

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return parsed;
}

/** What only has to happen in the end may take its time: the machine may be busy. */
function patiently(assertion: () => void | Promise<void>): Promise<void> {
  return eventually(assertion, 20_000);
}
