import { dirname } from 'node:path';
import { createMutex } from '../../../core/waits/mutex.ts';
import type {
  DirectoryLimits,
  LimitedDirectory,
  LimitedShare,
} from '../../shared/network-share/directory-limits.ts';
import { createShareLayout } from '../../shared/network-share/layout.ts';
import { notEnforced } from './not-enforced.ts';
import { gfidOf } from './probe.ts';
import { prove } from './prove.ts';
import { type Limit, type SetLimitsParts, setLimits } from './set-limits.ts';

export type QuotaParts = Pick<SetLimitsParts, 'volume' | 'logFile' | 'logLevel' | 'servers'>;

/** Milliseconds for which it counts that limits were enforced. */
const remembered = 60_000;
/** More than the block of any file system, to whose multiples a limit is shown. */
const rounding = 128 * 1024;

/** Directory quotas of GlusterFS. No client can read them: they are seen by statfs(2), and by what a writer gets. */
export function createDirectoryQuotas(parts: QuotaParts, home: LimitedShare): DirectoryLimits {
  const { volume } = parts;
  const { files, base, host } = home;
  const layout = createShareLayout(base.path);
  const inTurn = createMutex();
  let provenAt = Number.NEGATIVE_INFINITY;

  /** The mount in its namespace covers the directory of the base mounts. */
  const set = (limits: readonly Limit[], doing: string, signal: AbortSignal) =>
    setLimits({ ...parts, host, place: dirname(base.path) }, limits, doing, signal);

  async function used({ directory, bytes }: LimitedDirectory): Promise<number | undefined> {
    const { usedBytes, freeBytes } = await files.space(directory);
    const less = bytes - (usedBytes + freeBytes);
    return less >= 0 && less < rounding ? usedBytes : undefined;
  }

  /** A directory without a limit shows that of one above, or the share's size, which may be the same. */
  async function isOfAbove({ directory, bytes }: LimitedDirectory): Promise<boolean> {
    return (await used({ directory: dirname(directory), bytes })) !== undefined;
  }

  const limits: DirectoryLimits = {
    used,
    require: (doing, signal) =>
      inTurn(async () => {
        if (host.uptime() - provenAt < remembered) return;
        await prove({ files, host, layout, volume, used, set }, doing, signal);
        provenAt = host.uptime();
      }),
    async provide(limited, doing, signal) {
      if ((await used(limited)) !== undefined && !(await isOfAbove(limited))) return 'kept';
      await limits.require(doing, signal);
      const { directory, bytes } = limited;
      await set([{ gfid: await gfidOf(files, directory), bytes }], doing, signal);
      if ((await used(limited)) !== undefined) return 'made';
      provenAt = Number.NEGATIVE_INFINITY;
      throw notEnforced(doing, volume, 'off');
    },
  };
  return limits;
}
