import { type BigIntStats, constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CountLimits, TreeCount } from '../host.ts';
import { hasCode, systemError } from '../system-error.ts';
import { withOpened } from './opened.ts';
import { heldPath, pathOnly } from './place.ts';

/** Entries between two pauses. A pause is as long as the work before it: a count uses at most half of a disk's or server's capacity. */
const batch = 256;
/** Milliseconds. */
const longestPause = 100;
/** Maximum depth; each level needs two file descriptors. */
const deepest = 200;
/** Unit of `st_blocks` in stat(2), independent of the disk. */
const sector = 512;

/** See `Files.count`; `held` is the path of a directory that is held open. */
export async function countTree(held: string, limits: CountLimits, signal: AbortSignal): Promise<TreeCount> {
  const top = await lstat(`${held}/.`, { bigint: true });
  const ends = performance.now() + limits.milliseconds;
  const seen = new Set<bigint>();
  let usedBytes = Number(top.blocks) * sector;
  let usedInodes = 1;
  let entries = 0;
  let isWhole = true;
  let elsewhere: string | undefined;
  let batchBegan = performance.now();

  /** False once a limit is reached. */
  async function goesOn(): Promise<boolean> {
    if (signal.aborted) throw systemError('ECANCELED', 'count', held);
    entries += 1;
    if (entries % batch === 0) {
      await sleep(Math.min(longestPause, performance.now() - batchBegan));
      batchBegan = performance.now();
    }
    if (entries <= limits.entries && performance.now() < ends) return true;
    isWhole = false;
    return false;
  }

  function add(found: BigIntStats): void {
    if (found.nlink > 1n && !found.isDirectory()) {
      if (seen.has(found.ino)) return;
      seen.add(found.ino);
    }
    usedBytes += Number(found.blocks) * sector;
    usedInodes += 1;
  }

  /** `above`: the path of the directory in the tree, in bytes, with a slash at its end. */
  async function walk(directory: string, above: Buffer, depth: number): Promise<void> {
    // Names are bytes: latin1 turns each byte into one character, and back below.
    const names = await opendir(directory, { encoding: 'latin1' });
    for await (const { name } of names) {
      if (!(await goesOn())) return;
      const entry = Buffer.from(name, 'latin1');
      const place = Buffer.concat([Buffer.from(`${directory}/`), entry]);
      await visit(place, Buffer.concat([above, entry]), depth);
    }
  }

  async function visit(place: Buffer, path: Buffer, depth: number): Promise<void> {
    try {
      const found = await lstat(place, { bigint: true });
      if (found.dev !== top.dev) {
        elsewhere ??= path.toString();
        return;
      }
      add(found);
      if (found.isDirectory()) await enter(place, path, depth + 1);
    } catch (error) {
      // It was removed or replaced after its name was read.
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return;
      if (!hasCode(error, 'EACCES', 'EPERM')) throw error;
      isWhole = false;
    }
  }

  async function enter(place: Buffer, path: Buffer, depth: number): Promise<void> {
    if (depth > deepest) {
      isWhole = false;
      return;
    }
    const flags = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    await withOpened(await open(place, flags), async (directory) => {
      const above = Buffer.concat([path, Buffer.from('/')]);
      if ((await directory.stat({ bigint: true })).dev === top.dev)
        await walk(heldPath(directory.fd), above, depth);
    });
  }

  await walk(held, Buffer.alloc(0), 1);
  return { usedBytes, usedInodes, isWhole, ...(elsewhere === undefined ? {} : { elsewhere }) };
}
