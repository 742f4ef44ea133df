import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MOUNT = '/sys/fs/cgroup';
/** Marks the control groups that test clusters made. */
const PREFIX = 'heraldlb-e2e-';

const MOMENT_TRIES = 50;

/** What a new group of the cpuset controller has to be given before a process may enter it. */
const INHERITED = ['cpuset.cpus', 'cpuset.mems'];

/** The control group of a test node, below which its kubelet makes those of the Pods. In version 1, one in each hierarchy. */
export class NodeControlGroup {
  /** For the kubelet's `cgroupRoot`. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(node: string): Promise<NodeControlGroup> {
    const name = `${PREFIX}${randomBytes(4).toString('hex')}-${node}`;
    for (const hierarchy of await hierarchies()) {
      const group = join(hierarchy, name);
      await mkdir(group, { recursive: true });
      for (const file of INHERITED) {
        const inherited = await readFile(join(hierarchy, file), 'utf8').catch(() => undefined);
        if (inherited !== undefined) await writeFile(join(group, file), inherited);
      }
    }
    return new NodeControlGroup(`/${name}`);
  }

  /** Removes the group; to be called when no process is left in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const hierarchy of await hierarchies()) {
      const group = join(hierarchy, this.path);
      // For a moment, a group still holds the processes that were just killed.
      for (let tries = 0; tries < MOMENT_TRIES && existsSync(group); tries += 1) {
        if (tries > 0) await sleep(20);
        await removeTree(group);
      }
    }
  }
}

/** Removes what an earlier run left behind that was killed. Groups with living processes stay. */
export async function removeAbandonedControlGroups(): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const names = await readdir(hierarchy).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(PREFIX))) await removeTree(join(hierarchy, name));
  }
}

async function hierarchies(): Promise<string[]> {
  if (existsSync(join(MOUNT, 'cgroup.controllers'))) return [MOUNT];
  const entries = await readdir(MOUNT, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(MOUNT, entry.name));
}

/** A group can only be removed when it has no children: leaves first. */
async function removeTree(group: string): Promise<void> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(group, entry.name));
  await rmdir(group).catch(() => {});
}
