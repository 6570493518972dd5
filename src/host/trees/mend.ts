import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, constants, lchownSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { isSparse } from './compare.ts';
import type { Entry } from './entry.ts';
import { inStep } from './in-step.ts';
import { readManifest } from './manifest-file.ts';
import type { NativeFiles } from './native-files.ts';
import { placeOf, walk } from './walk.ts';

/** See `Trees.mend`. Nobody else can use the tree meanwhile. */
export function mendTree(native: NativeFiles | undefined, root: string, manifest: string): void {
  // What is not mended differs when the tree is compared.
  if (native === undefined) return;
  const start = Buffer.from(root);
  /** Those that are there: nothing is made below a symlink. */
  const directories = new Map<string, Entry>();
  for (const { left: meant, right: found } of inStep(readManifest(manifest).entries, walk(root, undefined))) {
    if (meant === undefined || meant.q) continue;
    if (meant.t === 'd' && found?.t === 'd') directories.set(meant.p, meant);
    const parent = directories.get(parentOf(meant.p));
    if (found === undefined && meant.t === 's' && parent !== undefined) {
      makeSocket(native, placeOf(start, meant.p), meant);
      native.setTime(placeOf(start, parent.p), BigInt(parent.a));
    }
    if (found?.t === 'f' && isSparse(meant) && !isSparse(found)) {
      digHoles(placeOf(start, meant.p));
      native.setTime(placeOf(start, meant.p), BigInt(meant.a));
    }
  }
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

function makeSocket(native: NativeFiles, place: Buffer, { m, u, g, a }: Entry): void {
  native.makeSocket(place, m);
  lchownSync(place, u, g);
  chmodSync(place, m);
  native.setTime(place, BigInt(a));
}

/** By util-linux. The content stays as it is. */
function digHoles(place: Buffer): void {
  const fd = openSync(place, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const stdio = ['ignore' as const, 'ignore' as const, 'ignore' as const, fd];
    execFileSync('fallocate', ['--dig-holes', '/proc/self/fd/3'], { stdio, cwd: '/' });
  } finally {
    closeSync(fd);
  }
}
