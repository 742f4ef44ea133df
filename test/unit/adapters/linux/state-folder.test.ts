import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateFolder } from '../../../../src/adapters/linux/state-folder.ts';

describe('the folder of local state', () => {
  let path: string;
  let folder: StateFolder;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'heraldlb-state-'));
    folder = new StateFolder({ path: join(path, 'state'), nodeName: 'node1' });
  });

  afterEach(() => rm(path, { recursive: true, force: true }));

  const fileOf = (node: string): string => join(path, 'state', node, 'layer2.state');

  it('gives back what was written last, also to another process', async () => {
    await folder.write('layer2', { claims: [1] });
    await folder.write('layer2', { claims: [2] });
    const again = new StateFolder({ path: join(path, 'state'), nodeName: 'node1' });
    expect(await again.read('layer2')).toEqual({ claims: [2] });
    expect(await again.read('bgp')).toBeUndefined();
  });

  it('lets nobody else read it, and leaves nothing half-written', async () => {
    await folder.write('layer2', { key: 'secret' });
    expect((await stat(fileOf('node1'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, 'state', 'node1'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(path, 'state', 'node1'))).toEqual(['layer2.state']);
  });

  it('does not name the start of the machine, of which the key of its secrets is made', async () => {
    await folder.write('layer2', {});
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    expect(await readFile(fileOf('node1'), 'utf8')).not.toContain(bootId);
  });

  it('keeps the states of nodes that share it apart', async () => {
    const other = new StateFolder({ path: join(path, 'state'), nodeName: 'node2' });
    await folder.write('layer2', 'of node1');
    expect(await other.read('layer2')).toBeUndefined();
    await other.write('layer2', 'of node2');
    expect(await folder.read('layer2')).toBe('of node1');
  });

  it.each<[string, (text: string) => string]>([
    ['is empty', () => ''],
    ['is cut', (text) => text.slice(0, -1)],
    ['has a changed octet', (text) => text.replace('"claims"', '"clajms"')],
    ['has no header', (text) => text.slice(text.indexOf('\n') + 1)],
    ['is noise', () => '\0\u0001\u0002\n\n'],
  ])('refuses as damaged what %s', async (_, damage) => {
    await folder.write('layer2', { claims: [] });
    await writeFile(fileOf('node1'), damage(await readFile(fileOf('node1'), 'utf8')));
    await expect(folder.read('layer2')).rejects.toMatchObject({ code: 'damaged' });
  });

  it.each<[string, (text: string) => string]>([
    ['another version', (text) => text.replace('"format":2', '"format":3')],
    ['another node', (text) => text.replace('"node":"node1"', '"node":"node9"')],
    ['an earlier boot', (text) => text.replace(/"boot":"./, '"boot":"_')],
  ])('refuses as foreign what comes from %s', async (_, change) => {
    await folder.write('layer2', { claims: [] });
    await writeFile(fileOf('node1'), change(await readFile(fileOf('node1'), 'utf8')));
    await expect(folder.read('layer2')).rejects.toMatchObject({ code: 'foreign' });
  });

  it('says when the file system refuses', async () => {
    await writeFile(join(path, 'file'), '');
    const nowhere = new StateFolder({ path: join(path, 'file'), nodeName: 'node1' });
    await expect(nowhere.read('layer2')).rejects.toMatchObject({ code: 'unreadable' });
    await expect(nowhere.write('layer2', {})).rejects.toThrow();
  });
});
