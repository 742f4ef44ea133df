import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../eventually.ts';

const run = promisify(execFile);

/** Where a router is in the tests' LAN. */
export const ROUTER = {
  asn: 65_000,
  id: '10.9.0.2',
  v4: '10.9.0.2',
  v6: 'fd09::2',
  /** For sessions with a password: what listens knows passwords by the address of the other end only. */
  v4Password: '10.9.0.3',
  v4WrongPassword: '10.9.0.4',
} as const;

/** A session as the router is configured for it. */
export interface Neighbour {
  /** Of our speaker. */
  readonly address: string;
  /** Of the router. */
  readonly local: string;
  readonly asn: number;
  readonly families: readonly ('IPv4' | 'IPv6')[];
  readonly password?: string;
  /** GTSM with one hop. */
  readonly ttlSecurity?: boolean;
  readonly multihop?: boolean;
  /** Connects by itself; else it waits. */
  readonly active?: boolean;
  readonly bfd?: boolean;
  /** Speaks no 4-octet AS numbers; `asn` is what it would be, if it did. */
  readonly twoOctetAs?: boolean;
  /** Ends the session when it has more prefixes. */
  readonly maxPrefixes?: number;
  /** Helps a peer that restarts, and says so of itself. */
  readonly gracefulRestart?: boolean;
  /** Takes IPv4 routes with an IPv6 next hop. */
  readonly extendedNextHop?: boolean;
  readonly holdTimeSeconds?: number;
}

/** A route as the router has it. */
export interface SeenRoute {
  readonly nextHop: string;
  readonly asPath: readonly number[];
  readonly origin: string;
  readonly med?: number;
  /** As it came; routers add one to routes of external peers. */
  readonly localPref?: number;
  /** Written `high:low`, in order. */
  readonly communities: readonly string[];
  /** Written `a:b:c`, in order. */
  readonly largeCommunities: readonly string[];
}

/** One kind of BGP daemon. */
export interface Router {
  readonly name: string;
  start(neighbours: readonly Neighbour[]): Promise<void>;
  /** What it has of one prefix; undefined = nothing. */
  route(prefix: string): Promise<SeenRoute | undefined>;
  /** Prefixes that it has from a neighbour. */
  count(address: string): Promise<number>;
  /** Whether the session with a neighbour is up in its own eyes. */
  isUp(address: string): Promise<boolean>;
  /** Asks a neighbour for all routes again. */
  refresh(address: string): Promise<void>;
  /** Ends the session with a neighbour and begins it anew. */
  reset(address: string): Promise<void>;
  /** To the process that speaks BGP. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it without a word, as a crash does. */
  crash(): Promise<void>;
  stop(): Promise<void>;
  /** What it logged, for a test that failed. */
  log(): Promise<string>;
}

/** Daemons of one router in a namespace, with a folder of their own. All of them end with `stop`. */
export class Daemons {
  readonly #namespace: string;
  readonly folder: string;
  /** BOUNDED: by the daemons of one router. */
  readonly #running: ChildProcess[] = [];

  private constructor(namespace: string, folder: string) {
    this.#namespace = namespace;
    this.folder = folder;
  }

  static async in(namespace: string): Promise<Daemons> {
    return new Daemons(namespace, await mkdtemp(join(tmpdir(), 'heraldlb-interop-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, text: string, mode = 0o644): Promise<string> {
    await writeFile(this.path(name), text, { mode });
    return this.path(name);
  }

  /** Starts a daemon in the foreground; what it prints goes to `<program>.log`. */
  spawn(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#namespace, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      cwd: this.folder,
    });
    const log = createWriteStream(this.path('output.log'), { flags: 'a' });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    this.#running.push(child);
    return child;
  }

  /** Runs a command of the router to its end. @returns what it printed */
  async run(program: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', this.#namespace, program, ...args], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** As `run`, where the command counts an empty answer as a failure. */
  async ask(program: string, args: readonly string[]): Promise<string> {
    try {
      return await this.run(program, args);
    } catch (error) {
      if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout);
      throw error;
    }
  }

  /** Waits until a daemon answers. @throws Error with what it logged when it does not */
  async answering(question: () => Promise<unknown>): Promise<void> {
    try {
      await eventually(async () => void (await question()), 20_000);
    } catch (error) {
      throw new Error(`the router does not answer: ${await this.log()}`, { cause: error });
    }
  }

  async log(): Promise<string> {
    return readFile(this.path('output.log'), 'utf8');
  }

  async kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    for (const child of this.#running.splice(0).reverse()) await this.kill(child);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Routes as they are compared: lists in order. */
export function sorted(route: SeenRoute): SeenRoute {
  return {
    ...route,
    communities: [...route.communities].sort(),
    largeCommunities: [...route.largeCommunities].sort(),
  };
}
