import koffi, { type LibraryHandle } from 'koffi';

/** The functions of the C library that the sockets need. Each returns -1 on failure; `errno` then says why. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  recvfrom(
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
    ...from: [address: Uint8Array | null, addressLength: Uint8Array | null]
  ): number;
  send(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  sendto(
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
    ...to: [address: Uint8Array, addressLength: number]
  ): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: Uint8Array, addressLength: Uint8Array, flags: number): number;
  getsockname(fd: number, address: Uint8Array, addressLength: Uint8Array): number;
  /** @param header struct msghdr */
  recvmsg(fd: number, header: Uint8Array, flags: number): number;
  /** 0 when there is no such interface. */
  interfaceIndex(name: string): number;
  /** Undefined when there is no such interface. */
  interfaceName(index: number): string | undefined;
  close(fd: number): number;
  /** 1 when the C library gave memory back to the kernel; 0 as well where there is no such function. */
  mallocTrim(pad: number): number;
  madvise(start: bigint, length: bigint, advice: number): number;
  errno(): number;
  /** What the program sees as the address of these bytes; they must not be collected while the kernel reads them. */
  addressOf(bytes: Uint8Array): bigint;
  /** Calls back on this thread's event loop whenever there is something to read, until the watch is closed. */
  whenReadable(fd: number, callback: () => void): ReadableWatch;
}

export interface ReadableWatch {
  /**
   * No callback for so long: what arrives meanwhile waits in the kernel. Then one, whether something is there or not, so that who
   * rests again and again costs one wake-up each time. Called again, it begins anew.
   */
  rest(forMs: number): void;
  /** To be called before the descriptor is closed. */
  close(): void;
}

/** The same numbers on every architecture that Node runs on. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ENXIO: 6,
  EAGAIN: 11,
  EACCES: 13,
  ENODEV: 19,
  EINVAL: 22,
  ENOPROTOOPT: 92,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  EHOSTUNREACH: 113,
} as const;

/** IF_NAMESIZE. @see netdevice(7) */
const INTERFACE_NAME_BYTES = 16;

/** glibc, then musl. */
const LIBRARIES = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];

/**
 * @param defect gets what a callback of `whenReadable` threw: nothing may leave it, or the process aborts
 * @throws Error when there is no C library to load
 */
export function loadLibc(defect: (error: unknown) => void): Libc {
  const library = openLibrary();
  // Takes and returns anything, as far as Koffi knows: what a prototype means as a type, Libc says.
  const bind = (prototype: string) => library.func(prototype);
  return {
    socket: bind('int socket(int, int, int)'),
    bind: bind('int bind(int, void*, uint32_t)'),
    setsockopt: bind('int setsockopt(int, int, int, void*, uint32_t)'),
    getsockopt: bind('int getsockopt(int, int, int, void*, void*)'),
    recvfrom: bind('long recvfrom(int, void*, size_t, int, void*, void*)'),
    send: bind('long send(int, void*, size_t, int)'),
    sendto: bind('long sendto(int, void*, size_t, int, void*, uint32_t)'),
    connect: bind('int connect(int, void*, uint32_t)'),
    listen: bind('int listen(int, int)'),
    accept4: bind('int accept4(int, void*, void*, int)'),
    getsockname: bind('int getsockname(int, void*, void*)'),
    recvmsg: bind('long recvmsg(int, void*, int)'),
    interfaceIndex: bind('uint32_t if_nametoindex(const char*)'),
    // As a number: koffi makes an object with a finalizer of each pointer, and this is called for each datagram.
    interfaceName: interfaceNames(bind('uintptr_t if_indextoname(uint32_t, void*)')),
    close: bind('int close(int)'),
    mallocTrim: ifKnown(() => bind('int malloc_trim(size_t)')),
    madvise: bind('int madvise(uintptr_t, size_t, int)'),
    errno: () => koffi.errno(),
    addressOf: (bytes) => BigInt(koffi.address(bytes)),
    whenReadable: (fd, callback) => new PollWatch(fd, callback, defect),
  };
}

/** glibc's own. */
function ifKnown(bound: () => Libc['mallocTrim']): Libc['mallocTrim'] {
  try {
    return bound();
  } catch {
    return () => 0;
  }
}

function interfaceNames(
  indexToName: (index: number, name: Uint8Array) => number | bigint,
): (index: number) => string | undefined {
  const buffer = new Uint8Array(INTERFACE_NAME_BYTES);
  return (index) => {
    if (BigInt(indexToName(index, buffer)) === 0n) return undefined;
    return String.fromCharCode(...buffer.subarray(0, buffer.indexOf(0)));
  };
}

/** Keeps the poll handle referenced: it would be collected otherwise, and go silent. */
class PollWatch implements ReadableWatch {
  readonly #handle: ReturnType<typeof koffi.node.poll>;
  readonly #ready: (status: unknown) => void;
  readonly #callback: () => void;
  readonly #defect: (error: unknown) => void;
  #polling = true;
  #rest: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(fd: number, callback: () => void, defect: (error: unknown) => void) {
    this.#callback = callback;
    this.#defect = defect;
    this.#ready = (status) => {
      // An error state of the socket (its interface went down) ends a libuv poll: it begins again when the read has cleared it.
      if (status !== 0) this.#polling = false;
      this.#call();
    };
    this.#handle = koffi.node.poll(fd, { readable: true }, this.#ready);
  }

  rest(forMs: number): void {
    if (this.#closed) return;
    if (this.#polling) this.#handle.stop();
    this.#polling = false;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#call();
    }, forMs);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#rest);
    this.#handle.close();
  }

  #call(): void {
    try {
      this.#callback();
      if (this.#closed || this.#polling || this.#rest !== undefined) return;
      this.#polling = true;
      this.#handle.start({ readable: true }, this.#ready);
    } catch (error) {
      this.close();
      this.#defect(error);
    }
  }
}

function openLibrary(): LibraryHandle {
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name);
    } catch {
      // The next name may be the one of this system.
    }
  }
  throw new Error(`no C library found (looked for ${LIBRARIES.join(', ')})`);
}
