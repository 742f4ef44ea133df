import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type StateStore, StateStoreError } from '../../ports/state-store.ts';

/** Raised whenever an older program could not read what a newer one writes, or the reverse. */
const FORMAT = 2;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** 65,536 grants take about 10 MiB. */
const MAX_BYTES = 64 * 1024 * 1024;

export interface StateFolderOptions {
  /** Made when it is not there; best on a tmpfs. */
  readonly path: string;
  /** Several nodes may share the folder: in the lab they do. */
  readonly nodeName: string;
}

/** The first line of a file; the second one is the value. */
interface Header {
  readonly format: number;
  readonly node: string;
  /** Which start of the machine it is of. Not the identifier itself: that is what the key of sealed secrets is made of. */
  readonly boot: string;
  readonly sha256: string;
}

/** Keeps each value in a file of its own, replaced as a whole and for root only. */
export class StateFolder implements StateStore {
  readonly #folder: string;
  readonly #nodeName: string;

  constructor({ path, nodeName }: StateFolderOptions) {
    this.#folder = join(path, encodeURIComponent(nodeName));
    this.#nodeName = nodeName;
  }

  async read(name: string): Promise<unknown> {
    const path = this.#pathOf(name);
    const text = await this.#text(path);
    if (text === undefined) return undefined;
    const end = text.indexOf('\n');
    const header = headerOf(text.slice(0, end));
    if (header === undefined) throw new StateStoreError('damaged', `${path} does not begin with a header`);
    if (header.format !== FORMAT)
      throw new StateStoreError('foreign', `${path} has format ${header.format}, not ${FORMAT}`);
    if (header.node !== this.#nodeName) throw new StateStoreError('foreign', `${path} belongs to node ${header.node}`);
    if (header.boot !== (await bootMark()))
      throw new StateStoreError('foreign', `${path} was written before this machine started`);
    const body = text.slice(end + 1);
    if (header.sha256 !== checksum(body))
      throw new StateStoreError('damaged', `${path} does not have the checksum that it names`);
    return JSON.parse(body);
  }

  async write(name: string, value: unknown): Promise<void> {
    const body = JSON.stringify(value);
    const header: Header = { format: FORMAT, node: this.#nodeName, boot: await bootMark(), sha256: checksum(body) };
    const path = this.#pathOf(name);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, `${JSON.stringify(header)}\n${body}`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.state`);
  }

  async #text(path: string): Promise<string | undefined> {
    try {
      const octets = await readFile(path);
      if (octets.length > MAX_BYTES) throw new StateStoreError('damaged', `${path} is larger than ${MAX_BYTES} octets`);
      return octets.toString('utf8');
    } catch (error) {
      if (error instanceof StateStoreError) throw error;
      if (isMissing(error)) return undefined;
      throw new StateStoreError('unreadable', `${path} cannot be read: ${String(error)}`);
    }
  }
}

function headerOf(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Partial<Header> | null;
    return typeof header?.format === 'number' ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function bootMark(): Promise<string> {
  const bootId = (await readFile(BOOT_ID, 'utf8')).trim();
  return checksum(`heraldlb boot ${bootId}`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
