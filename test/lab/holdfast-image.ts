import { cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from './engine.ts';
import { output } from './run.ts';

/** Holdfast as in the Dockerfile's image, with the minimum that it needs to run. */
export const holdfastImage = 'holdfast:test';

const tarball = fileURLToPath(new URL('../../scripts/tarball.mjs', import.meta.url));
const inside = '/opt/holdfast';

/** Builds it from this machine's Node with its libraries and a tarball of the built sources, because nothing can be pulled. */
export async function importHoldfastImage(folder: string, engine: Engine): Promise<void> {
  const root = `${folder}/holdfast-image`;
  await mkdir(`${root}${inside}`, { recursive: true });
  await output(process.execPath, [tarball, '--output', `${folder}/tarball`]);
  const [packed = ''] = await readdir(`${folder}/tarball`);
  await output('tar', [
    ...['-xzf', `${folder}/tarball/${packed}`, '-C', `${root}${inside}`],
    '--strip-components=1',
  ]);
  await output('ln', ['-s', 'usr/bin', `${root}/bin`]);
  await copyProgram(root, process.execPath, '/usr/bin/node');
  for (const program of ['mount', 'umount', 'chattr', 'stat']) {
    const path = await output('sh', ['-c', `command -v ${program}`]);
    await copyProgram(root, path, `/usr/bin/${program}`);
  }
  await output('tar', ['-C', root, '-cf', `${root}.tar`, '.']);
  const changes = [`ENTRYPOINT ["node", "${inside}/dist/main.js"]`, 'CMD ["serve", "--json"]'];
  const flags = changes.flatMap((change) => ['--change', change]);
  await engine.docker('import', ...flags, `${root}.tar`, holdfastImage);
}

/** Copies a program of this machine into an image's directory, with the libraries that ldd(1) names, to the same paths. */
export async function copyProgram(root: string, from: string, to: string): Promise<void> {
  const libraries = (await output('ldd', [from])).matchAll(/(?:=> )?(\/\S+) \(/g);
  const files = [...libraries].map(([, library = '']) => [library, library] as const);
  for (const [source, target] of [[from, to] as const, ...files]) {
    await mkdir(dirname(join(root, target)), { recursive: true });
    await cp(source, join(root, target), { dereference: true });
  }
}
