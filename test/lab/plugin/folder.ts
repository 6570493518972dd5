import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtDaemon } from '../built-daemon.ts';
import { output } from '../run.ts';
import { makeBaseImage } from './base-image.ts';

const project = new URL('../../../', import.meta.url).pathname;

/** What `docker plugin create` takes, made without an engine: a variant's config.json, and the content of the image. */
export async function makePluginFolder(folder: string, variant: string): Promise<void> {
  await makeImageRoot(join(folder, 'rootfs'));
  await writeFile(join(folder, 'config.json'), await configOf(variant));
}

/** The content of the Dockerfile's image, in a new directory. */
export async function makeImageRoot(root: string): Promise<void> {
  await builtDaemon();
  const program = join(root, 'opt/holdfast');
  await mkdir(program, { recursive: true });
  await makeBaseImage(`${root}.tar`);
  await output('tar', ['-xf', `${root}.tar`, '-C', root]);
  await output(process.execPath, [`${project}scripts/tarball.mjs`, '--output', `${root}.packed`]);
  const unpack = `tar -xzf ${root}.packed/*.tar.gz -C ${program} --strip-components=1`;
  await output('sh', ['-c', unpack]);
  for (const made of ['tar', 'tar.list', 'packed']) await rm(`${root}.${made}`, { recursive: true });
}

async function configOf(variant: string): Promise<string> {
  const usual = await output('cat', [`${project}plugin-config/config.json`]);
  const { href } = pathToFileURL(`${project}scripts/plugin-variants.mjs`);
  const script = `import { variants } from '${href}'; console.log(JSON.stringify(variants['${variant}'](${usual})));`;
  return output(process.execPath, ['--input-type=module', '--eval', script]);
}
