import { dirname } from 'node:path';
import { VolumeError } from '../../../core/volume-error.ts';
import { createMutex } from '../../../core/waits/mutex.ts';
import type {
  DirectoryLimits,
  LimitedDirectory,
  LimitedShare,
} from '../../shared/network-share/directory-limits.ts';
import { createShareLayout } from '../../shared/network-share/layout.ts';
import { notEnforced } from './not-enforced.ts';
import { exceed, gfidOf, makeProbe, type Outcome, probeLimit, probes } from './probe.ts';
import { type Limit, type SetLimitsParts, setLimits } from './set-limits.ts';

export type QuotaParts = Pick<SetLimitsParts, 'volume' | 'logFile' | 'logLevel' | 'servers'>;

/** Milliseconds for which it counts that limits were enforced. */
const remembered = 60_000;
/** A busy Gluster volume may be too slow once. */
const mostAttempts = 3;
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

  async function prove(doing: string, signal: AbortSignal): Promise<void> {
    const place = layout.probe(host.newId());
    try {
      const [soft, hard] = [`${place}-soft`, `${place}-hard`];
      await files.makeDirectory(layout.probes);
      const limits = [await makeProbe(files, soft, probes.soft), await makeProbe(files, hard, probes.hard)];
      await set(limits, doing, signal);
      for (const directory of [soft, hard])
        if ((await used({ directory, bytes: probeLimit })) === undefined)
          throw notEnforced(doing, volume, 'off');
      for (const directory of [soft, hard]) require(await exceed(home, directory), doing);
    } finally {
      for (const name of Object.keys(probes))
        await files.removeTree(`${place}-${name}`, AbortSignal.timeout(10_000)).catch(() => undefined);
    }
  }

  function require(outcome: Outcome, doing: string): void {
    if (outcome === 'let-pass') throw notEnforced(doing, volume, 'late');
    if (outcome === 'too-slow') throw new TooSlow('unavailable', tooSlow(doing, volume));
  }

  async function proveAgain(doing: string, signal: AbortSignal, attempt = 1): Promise<void> {
    try {
      await prove(doing, signal);
    } catch (error) {
      if (!(error instanceof TooSlow) || attempt === mostAttempts) throw error;
      await proveAgain(doing, signal, attempt + 1);
    }
  }

  const limits: DirectoryLimits = {
    used,
    require: (doing, signal) =>
      inTurn(async () => {
        if (host.uptime() - provenAt < remembered) return;
        await proveAgain(doing, signal);
        provenAt = host.uptime();
      }),
    async provide(limited, doing, signal) {
      if ((await used(limited)) !== undefined) return 'kept';
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

class TooSlow extends VolumeError {}

function tooSlow(doing: string, volume: string): string {
  return `${doing}: it could not be proven that its size would be enforced, because the Gluster volume ${volume} takes too long to write: retry once it is less busy.`;
}
