import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { builtDaemon } from '../built-daemon.ts';
import type { HostEngine } from '../engine.ts';
import { output } from '../run.ts';
import { makeBaseImage } from './base-image.ts';

const project = new URL('../../../', import.meta.url).pathname;
const files = [
  'package.json',
  'package-lock.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'NOTICE',
  'Dockerfile',
  'tsconfig.json',
];
const base = 'base:test';

/** A clone of the project, already installed and built, so that the image can be made without a network. */
export interface PluginBuild {
  /** The image that it is built on, with the mount helpers in it. */
  readonly base: string;
  /** `npm run plugin -- --push NAME`, with the version in package.json set to this one; `more` are other flags. */
  publish(name: string, version: string, ...more: readonly string[]): Promise<void>;
  /** The ID of the image that a plugin is made from, built once for each version. */
  image(): Promise<string>;
}

export async function createPluginBuild(folder: string, engine: HostEngine): Promise<PluginBuild> {
  const clone = `${folder}/clone`;
  // One after the other: if one fails, the folder is removed, and nothing may still write to it.
  await makeClone(clone);
  await makeBaseImage(`${folder}/base.tar`);
  await engine.docker('import', `${folder}/base.tar`, base);
  const env = { ...engine.client, DOCKER_BUILDKIT: '0' };
  const flags = ['--build-arg', `BASE=${base}`, '--build-arg', 'HELPERS='];
  let image: Promise<string> | undefined;
  return {
    base,
    publish: async (name, version, ...more) => {
      image = undefined;
      const manifest = JSON.parse(await output('cat', [`${project}package.json`]));
      await writeFile(`${clone}/package.json`, JSON.stringify({ ...manifest, version }));
      const script = [`${clone}/scripts/plugin.mjs`, ...flags, ...more, '--push', name];
      await output(process.execPath, script, { env, within: 240_000 });
    },
    image: () => {
      image ??= output('docker', ['build', '--quiet', ...flags, clone], { env });
      return image;
    },
  };
}

async function makeClone(clone: string): Promise<void> {
  await builtDaemon();
  await mkdir(clone);
  for (const name of files) await copyFile(`${project}${name}`, `${clone}/${name}`);
  for (const name of ['scripts', 'src', 'dist', 'docs', 'plugin-config']) {
    await cp(`${project}${name}`, `${clone}/${name}`, { recursive: true, preserveTimestamps: true });
  }
  for (const path of await bundledPackages()) await copyPackage(path, clone);
  // These files tell scripts/ready.mjs that all is installed and built. An image keeps times only to the second.
  const later = new Date(Date.now() + 60_000);
  await writeFile(`${clone}/node_modules/.package-lock.json`, '{}');
  for (const name of ['node_modules/.package-lock.json', 'dist/.built']) {
    await utimes(`${clone}/${name}`, later, later);
  }
}

/** The packages of the program, the page and the bundler; the image needs no others here. */
async function bundledPackages(): Promise<readonly string[]> {
  const { packages } = JSON.parse(await readFile(`${project}package-lock.json`, 'utf8'));
  return Object.keys(packages).filter((path) => {
    const { dev, devOptional } = packages[path];
    const isWanted = /node_modules\/(@?esbuild|preact)(\/|$)/.test(path) || !(dev || devOptional);
    return path !== '' && isWanted && existsSync(`${project}${path}`);
  });
}

/** Copies a package without types and maps, which are most of it. A nested package has its own entry. */
function copyPackage(path: string, clone: string): Promise<void> {
  const inner = `${project}${path}/node_modules`;
  const filter = (file: string) => file !== inner && !/(\.map|\.d\.[cm]?ts|\/dist-types)$/.test(file);
  return cp(`${project}${path}`, `${clone}/${path}`, { recursive: true, filter });
}
