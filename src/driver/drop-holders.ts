import type { VolumeName } from '../core/names.ts';
import type { DriverContext } from './context.ts';

/** Drops all holders of a volume that nobody uses through them any more, and logs each with the reason. */
export async function dropHolders(
  { ledger, log, name: driver }: DriverContext,
  name: VolumeName,
  reason: string,
): Promise<void> {
  for (const id of ledger.get(name)?.holders.keys() ?? []) {
    log.write('warn', 'holder-dropped', { driver, volume: name, id, reason });
    await ledger.write({ kind: 'drop', name, id });
  }
}
