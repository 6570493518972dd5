import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VolumeError } from '../../core/volume-error.ts';
import type { Pace, TreeTotals } from '../../host/host.ts';
import { type Copied, type Copying, isStill } from './copying.ts';
import { earlierManifest } from './manifests.ts';
import { createPace } from './pace.ts';
import { keepData, keepWhole } from './snapshots.ts';

/** Milliseconds: about as long as a start of restic takes. */
const usualPatience = 500;

type Describe = (signal: AbortSignal, pace?: Pace) => Promise<TreeTotals>;

/** What others may write is described first, and compared afterwards. */
export async function copyData(copying: Copying, signal: AbortSignal): Promise<Copied> {
  const { parts, wanted, folder, aside } = copying;
  const manifest = `${folder}/manifest`;
  const earlier = await earlierManifest(parts, wanted.driver.name, wanted.volume);
  const describe: Describe = (until, pace) =>
    parts.trees.describe(aside.path, manifest, earlier, until, pace);
  if (isStill(aside)) return copyStill(copying, describe, signal);
  const totals = await describe(signal);
  const missed: string[] = [];
  const data = await keepData({ ...copying, unread: (path) => missed.push(path) }, signal);
  const unread = await belowRoot(copying, missed);
  const settled = await parts.trees.settle(aside.path, manifest, unread, signal);
  const { changed: unsettled } = settled;
  // What was deleted or replaced meanwhile has changed.
  if (settled.unread > 0)
    throw new VolumeError(
      'failed',
      `Volume ${wanted.volume} could not be backed up: restic could not read ${settled.unread} of its files, and they have not changed. See the log of the kernel for errors of the disk.`,
    );
  if (unsettled > 0 && wanted.use === 'refuse')
    throw new VolumeError(
      'in-use',
      `Volume ${wanted.volume} could not be backed up: ${unsettled} of its files changed while they were read. Stop what writes to it, or back it up while it is in use with --while-in-use.`,
    );
  return { totals, data, unsettled, isWhole: false };
}

/** The paths as manifests have them. An unclear one counts as that of the root: nothing was read. */
async function belowRoot({ parts, aside }: Copying, missed: readonly string[]): Promise<readonly string[]> {
  const root = `${(await parts.files.realPath(aside.path)) ?? aside.path}/`;
  // restic tells the path of a file that it could not open from its working directory.
  const places = missed.map((path) => resolve(dirname(root), path));
  return places.map((path) =>
    path.startsWith(root) && !path.includes('\ufffd')
      ? Buffer.from(path.slice(root.length)).toString('latin1')
      : '',
  );
}

/**
 * Waits for the description as long as a start of restic takes. If it is there by then, as of a small tree or one that has hardly
 * changed, one restic keeps all. Otherwise the data is kept while it is described, no further ahead of restic than memory holds, and its
 * manifest afterwards, by a second restic.
 */
async function copyStill(copying: Copying, describe: Describe, signal: AbortSignal): Promise<Copied> {
  const { manifestPatience = usualPatience } = copying.parts;
  const all = new AbortController();
  const stop = () => all.abort();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const pace = createPace();
  const described = describe(all.signal, pace);
  let kept: Promise<string> | undefined;
  try {
    const totals = await Promise.race([described, sleep(manifestPatience, undefined, { ref: false })]);
    kept =
      totals === undefined
        ? keepData({ ...copying, read: pace.follow }, all.signal).finally(pace.end)
        : keepWhole(copying, totals, all.signal);
    const [known, data] = await Promise.all([described, kept]);
    return { totals: known, data, unsettled: 0, isWhole: totals !== undefined };
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
    // Nothing may use the mount any more.
    await Promise.allSettled([described, kept]);
  }
}
