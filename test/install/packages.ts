import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { project } from '../docs/pages.ts';
import { output } from '../lab/run.ts';

/** Some day: packages are made at a given time, and Debian's tools refuse very old files. */
const env = { SOURCE_DATE_EPOCH: '1790000000' };
const limits = { env, within: 900_000 };

/** How Debian packages are compressed. The level of a real release would take most of the time. */
const compressions = {
  none: ['--compression', 'none'],
  xz: ['--compression', 'xz', '--level', '0'],
} as const;
export type Compression = keyof typeof compressions;

/** All that is released, by file name. */
export async function makeRelease(folder: string, compression: Compression): Promise<readonly string[]> {
  const script = join(project, 'scripts/release/release.mjs');
  await output(process.execPath, [script, '--output', folder, ...compressions[compression]], limits);
  return readdir(folder);
}

/** The path of the Debian package. */
export async function makeDebianPackage(folder: string, tarball: string): Promise<string> {
  return fileOf('deb.mjs', '--output', folder, ...compressions.none, tarball);
}

/** The path of the npm package. */
export async function makeNpmPackage(folder: string, tarball: string): Promise<string> {
  return fileOf('npm-package.mjs', '--output', folder, tarball);
}

/** The same program under another version, in a folder of its own. */
export async function asVersion(tarball: string, folder: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const other = join(folder, basename(tarball).replace(/-[\d.]+-linux/, `-${version}-linux`));
  await copyFile(tarball, other);
  return other;
}

/** The scripts print "FILE: SIZE". */
async function fileOf(script: string, ...words: readonly string[]): Promise<string> {
  const printed = await output(
    process.execPath,
    [join(project, 'scripts/release', script), ...words],
    limits,
  );
  return printed.replace(/: [\d.]+ MB$/, '');
}

/** What a function of a script of `scripts/release` returns: they are modules, which Jest does not load as they are. */
export async function fromScript<Result>(script: string, name: string, ...args: unknown[]): Promise<Result> {
  const url = pathToFileURL(join(project, 'scripts/release', script)).href;
  const call = `${name}(...${JSON.stringify(args)})`;
  const program = `import { ${name} } from '${url}'; process.stdout.write(JSON.stringify(${call}));`;
  return JSON.parse(await output(process.execPath, ['--input-type=module', '--eval', program], limits));
}
