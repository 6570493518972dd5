import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import type { Engine } from './engine.ts';
import { output } from './run.ts';

/** Only a static busybox. */
export const busybox = 'busybox:test';
/** busybox, with content at /x, which Docker copies into a fresh volume, and an empty directory of a user at /empty. */
export const withContent = 'content:test';

const applets =
  'sh ls cat echo sleep touch mkdir df stat id dd sync true false mount umount grep kill rm wc test'.split(
    ' ',
  );

/** Makes both images (nothing can be pulled) in the folder, as files for `importImages`. */
export async function makeImages(folder: string): Promise<void> {
  const root = `${folder}/image`;
  await mkdir(`${root}/bin`, { recursive: true });
  await copyFile('/bin/busybox', `${root}/bin/busybox`);
  for (const applet of applets) await symlink('busybox', `${root}/bin/${applet}`);
  await output('tar', ['-C', root, '-cf', imageFile(folder, busybox), '.']);
  await mkdir(`${root}/x/deep`, { recursive: true });
  await writeFile(`${root}/x/hello`, 'from the image\n');
  await writeFile(`${root}/x/deep/there`, 'deep in the image\n');
  await mkdir(`${root}/empty`, { mode: 0o750 });
  await output('chown', ['-R', '1234:4321', `${root}/x`, `${root}/empty`]);
  await output('tar', ['-C', root, '-cf', imageFile(folder, withContent), '.']);
}

export async function importImages(folder: string, engine: Engine): Promise<void> {
  for (const image of [busybox, withContent]) await engine.docker('import', imageFile(folder, image), image);
}

/** The path of an image made by `makeImages`. */
export function imageFile(folder: string, image: string): string {
  return `${folder}/${image.replace(':', '-')}.tar`;
}
