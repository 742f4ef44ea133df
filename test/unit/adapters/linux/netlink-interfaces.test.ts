import { expect, it, onTestFinished, vi } from 'vitest';
import { Errno, type Libc } from '../../../../src/adapters/linux/libc.ts';
import { NetlinkInterfaces } from '../../../../src/adapters/linux/netlink-interfaces.ts';
import { NetlinkType } from '../../../../src/adapters/linux/netlink-message.ts';

const EBUSY = 16;

function message(type: number, body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(16 + body.length);
  const header = new DataView(octets.buffer);
  header.setUint32(0, octets.length, true);
  header.setUint16(4, type, true);
  octets.set(body, 16);
  return octets;
}

/** struct ifinfomsg of an Ethernet interface that is up and has a carrier, then its name of one letter. */
function link(index: number, name: string): Uint8Array {
  const body = new Uint8Array(24);
  const view = new DataView(body.buffer);
  view.setUint16(2, 1, true);
  view.setInt32(4, index, true);
  view.setUint32(8, 0x41, true);
  view.setUint16(16, 6, true);
  view.setUint16(18, 3, true);
  view.setUint8(20, name.charCodeAt(0));
  return message(NetlinkType.newLink, body);
}

/** The end of the route by 192.0.2.1 on interface 1: family, table main, type unicast, RTA_GATEWAY and RTA_OIF. */
function routeGone(): Uint8Array {
  const route = [2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0];
  return message(NetlinkType.delRoute, Uint8Array.from([...route, 8, 0, 5, 0, 192, 0, 2, 1, 8, 0, 4, 0, 1, 0, 0, 0]));
}

/** A kernel that, like Linux, works at one dump of a socket at a time and refuses another one meanwhile. */
class FakeKernel {
  /** What the next reads give: datagrams, or the number of an error. */
  readonly queue: (Uint8Array | number)[] = [];
  readonly asked: number[] = [];
  links: readonly Uint8Array[] = [];
  #dumping = false;
  #errno = 0;
  #readable = (): void => {};

  readonly libc: Libc = {
    socket: () => 3,
    bind: () => 0,
    setsockopt: () => 0,
    getsockopt: () => 0,
    close: () => 0,
    mallocTrim: () => 0,
    madvise: () => 0,
    errno: () => this.#errno,
    addressOf: () => 0n,
    whenReadable: (_, callback) => {
      this.#readable = callback;
      return { rest: () => {}, close: () => {} };
    },
    sendto: () => 0,
    connect: () => 0,
    listen: () => 0,
    accept4: () => -1,
    getsockname: () => 0,
    recvmsg: () => -1,
    interfaceIndex: () => 0,
    interfaceName: () => undefined,
    send: (_, request) => this.#ask(new DataView(request.buffer).getUint16(4, true)),
    recvfrom: (_, buffer) => this.#read(buffer),
  };

  /** The answer to the last request, in full. */
  finishDump(): void {
    if (this.asked.at(-1) === NetlinkType.getLink) this.queue.push(...this.links);
    this.queue.push(message(NetlinkType.done, new Uint8Array(4)));
    this.#dumping = false;
  }

  wake(): void {
    this.#readable();
  }

  #ask(type: number): number {
    const refusal = new Uint8Array(4);
    new DataView(refusal.buffer).setInt32(0, -EBUSY, true);
    if (this.#dumping) this.queue.push(message(NetlinkType.error, refusal));
    else this.asked.push(type);
    this.#dumping = true;
    return 0;
  }

  #read(buffer: Uint8Array): number {
    const next = this.queue.shift() ?? Errno.EAGAIN;
    if (typeof next === 'number') {
      this.#errno = next;
      return -1;
    }
    buffer.set(next);
    return next.length;
  }
}

it('begins anew when changes were lost, but not before the dump that is under way has ended', () => {
  const kernel = new FakeKernel();
  const told: string[][] = [];
  const failures: string[] = [];
  const interfaces = new NetlinkInterfaces(kernel.libc);
  interfaces.start({
    changed: (now) => told.push(now.map(({ name }) => name)),
    moved: () => {},
    failed: ({ message: reason }) => failures.push(reason),
  });

  kernel.links = [link(1, 'a'), link(2, 'b')];
  kernel.queue.push(Errno.ENOBUFS);
  kernel.wake();
  kernel.finishDump();
  kernel.wake();
  // The end of "b" is among what was lost.
  kernel.links = [link(1, 'a')];
  for (let dump = 0; dump < 3; dump += 1) {
    kernel.finishDump();
    kernel.wake();
  }

  interfaces.stop();
  expect(failures).toEqual([]);
  expect(kernel.asked).toEqual([
    NetlinkType.getLink,
    NetlinkType.getLink,
    NetlinkType.getAddress,
    NetlinkType.getRoute,
  ]);
  expect(told).toEqual([['a']]);
});

it('begins anew when changes are lost while nothing is asked', () => {
  const kernel = new FakeKernel();
  const told: string[][] = [];
  const interfaces = new NetlinkInterfaces(kernel.libc);
  interfaces.start({
    changed: (now) => told.push(now.map(({ name }) => name)),
    moved: () => {},
    failed: (error) => expect.fail(error.message),
  });
  kernel.links = [link(1, 'a'), link(2, 'b')];
  const finishAll = (): void => {
    for (let dump = 0; dump < 3; dump += 1) {
      kernel.finishDump();
      kernel.wake();
    }
  };
  finishAll();
  kernel.links = [link(1, 'a')];
  kernel.queue.push(Errno.ENOBUFS);
  kernel.wake();
  finishAll();
  interfaces.stop();
  expect(told).toEqual([['a', 'b'], ['a']]);
});

it('asks for the routes once more, however often they changed while it was told them', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const kernel = new FakeKernel();
  const interfaces = new NetlinkInterfaces(kernel.libc);
  interfaces.start({ changed: () => {}, moved: () => {}, failed: (error) => expect.fail(error.message) });
  const finish = (): void => {
    kernel.finishDump();
    kernel.wake();
  };
  for (let dump = 0; dump < 2; dump += 1) finish();
  for (let second = 0; second < 5; second += 1) {
    kernel.queue.push(routeGone());
    kernel.wake();
    vi.advanceTimersByTime(1000);
  }
  const before = kernel.asked.length;
  for (let dump = 0; dump < 6; dump += 1) finish();
  interfaces.stop();
  expect(kernel.asked.slice(before)).toEqual([NetlinkType.getRoute]);
});
