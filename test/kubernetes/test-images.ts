import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeImageArchive } from '../../tools/image-archive.ts';
import type { KubernetesBinaries } from './binaries.ts';
import type { RunFolder } from './run-folder.ts';

export const PAUSE_IMAGE = 'heraldlb.test/pause:1';
export const PAGE_IMAGE = 'heraldlb.test/page:1';

/** Images of the static test programs. @returns the paths of the archives */
export async function buildTestImages(binaries: KubernetesBinaries, folder: RunFolder): Promise<string[]> {
  const programs = [
    ['pause', PAUSE_IMAGE],
    ['page', PAGE_IMAGE],
  ] as const;
  return Promise.all(
    programs.map(async ([program, image]) => {
      const root = folder.folder('images', program);
      await mkdir(root, { recursive: true });
      await copyFile(binaries.path(program), join(root, program));
      const archive = join(folder.folder('images'), `${program}.tar`);
      await writeImageArchive(archive, image, root, { entrypoint: [`/${program}`] });
      return archive;
    }),
  );
}
