import { isUnreadable, type Volume } from '../core/volume.ts';
import type { DriverContext } from './context.ts';
import { withSignal } from './deadline.ts';
import { viewVolumes } from './read.ts';
import type { UnusedVolume } from './volume-driver.ts';

/** Milliseconds between two records of a volume's use. */
const pace = 3_600_000;
/** A volume whose use was recorded less than this long ago may be mounted on another host now. */
const mayBeUsed = 2 * pace;
/** By how much another host's clock may be ahead before its records are ignored. */
const clockSlack = pace;

/** Records on the storage which volumes are mounted here, each once an hour, so that all hosts see it. */
export interface UseNoting {
  round(stopping: AbortSignal): Promise<void>;
}

export function createUseNoting(context: DriverContext): UseNoting {
  const { backend, host, ledger, log, timings } = context;
  /** By the volume's ID. */
  const notedAt = new Map<string, number>();
  return {
    async round(stopping) {
      const staged = [...ledger.entries()].filter(({ seen }) => seen !== undefined);
      const now = host.now();
      const due = staged
        .map(({ volume }) => volume)
        .filter(({ id }) => !(now - (notedAt.get(id) ?? 0) < pace));
      if (due.length === 0) return;
      notedAt.clear();
      for (const { volume } of staged) notedAt.set(volume.id, now);
      try {
        await withSignal(
          timings.workDeadline,
          (signal) => backend.noteUse(volumesOf(staged), signal),
          stopping,
        );
      } catch (error) {
        if (!stopping.aborted) log.write('debug', 'use-not-noted', { driver: context.name, error });
      }
    },
  };
}

function volumesOf(entries: readonly { readonly volume: Volume }[]): readonly Volume[] {
  return entries.map(({ volume }) => volume);
}

/** Volumes that are not mounted here and were not noted as used by any host within two hours. */
export async function unusedVolumes(context: DriverContext): Promise<readonly UnusedVolume[]> {
  const { backend, host, ledger, timings } = context;
  const uses = await withSignal(timings.callDeadline, (signal) => backend.lastUses(signal));
  const now = host.now();
  const isShared = backend.capabilities.scope === 'global';
  const unused: UnusedVolume[] = [];
  for (const view of viewVolumes(context)) {
    const { volume } = view;
    if (isUnreadable(volume) || ledger.get(volume.name) !== undefined) continue;
    const noted = uses.get(volume.id);
    const lastUsed = noted !== undefined && noted <= now + clockSlack ? noted : undefined;
    if (isShared && lastUsed !== undefined && now - lastUsed < mayBeUsed) continue;
    unused.push({ view, ...(lastUsed === undefined ? {} : { lastUsed }) });
  }
  return unused;
}
