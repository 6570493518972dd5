import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { output } from '../run.ts';

export interface Image {
  readonly names: readonly string[];
  /** A directory with its files. */
  readonly root: string;
  readonly entrypoint: readonly string[];
}

/** Writes an image as `docker save` does, because nothing can be pulled. */
export async function writeImage(file: string, { names, root, entrypoint }: Image): Promise<void> {
  const parts = `${file}.parts`;
  await mkdir(parts);
  const layer = join(parts, 'layer.tar');
  await output('tar', ['-C', root, '-cf', layer, '.']);
  const hash = createHash('sha256');
  await pipeline(createReadStream(layer), hash);
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: entrypoint, Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
  };
  await writeFile(join(parts, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: names, Layers: ['layer.tar'] }];
  await writeFile(join(parts, 'manifest.json'), JSON.stringify(manifest));
  await output('tar', ['-C', parts, '-cf', file, 'manifest.json', 'config.json', 'layer.tar']);
  await rm(parts, { recursive: true });
}

/** An image of nothing but a static program, which it starts. */
export async function programImage(folder: string, name: string, program: string): Promise<Image> {
  const root = join(folder, basename(program));
  await mkdir(root, { recursive: true });
  await copyFile(program, join(root, basename(program)));
  return { names: [name], root, entrypoint: [`/${basename(program)}`] };
}
