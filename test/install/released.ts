import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { builtDaemon } from '../lab/built-daemon.ts';
import { type Compression, makeRelease } from './packages.ts';

export interface Released {
  /** Removed at the end. */
  readonly folder: string;
  readonly names: readonly string[];
  /** The path of the file with this end of its name. */
  file(end: string): string;
}

/** What `npm run release` makes, once for the tests of a suite. */
export function useRelease(compression: Compression): () => Released {
  let released: Released | undefined;
  let folder: string | undefined;
  beforeAll(async () => {
    await builtDaemon();
    folder = await mkdtemp(join(tmpdir(), 'holdfast-release-'));
    const names = await makeRelease(join(folder, 'all'), compression);
    released = { folder, names, file: (end) => join(folder ?? '', 'all', named(names, end)) };
  });
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (released === undefined) throw new Error('Nothing was released: see the error of the first test.');
    return released;
  };
}

function named(names: readonly string[], end: string): string {
  const [name, ...more] = names.filter((each) => each.endsWith(end));
  if (name === undefined || more.length > 0)
    throw new Error(`Not one of ${names.join(', ')} ends with ${end}.`);
  return name;
}
