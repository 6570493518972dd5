import type { DataFate } from '../../backends/backend.ts';
import type { VolumeName } from '../../core/names.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { refuseUse, type Wish } from '../teardown/take-down.ts';
import type { ForeseenStep } from '../volume-driver.ts';

/** Makes the checks of `takeDown`, and no change. Throws `in-use`. */
export async function foreseeTakeDown(
  context: DriverContext,
  name: VolumeName,
  wish: Wish,
): Promise<readonly ForeseenStep[]> {
  const entry = context.ledger.get(name);
  if (entry === undefined) {
    if (wish === 'release' || !context.takenDownUnseen.has(name)) return [];
    return [{ act: 'look', about: 'it is mounted for a moment to see who uses it' }];
  }
  await refuseUse(context, entry, wish);
  const drops = Array.from(entry.holders.keys(), (id) => ({ act: 'drop holder', about: id }) as const);
  if (entry.seen === undefined) return drops;
  return [...drops, { act: 'unmount', about: mountpointOf(context, name) }];
}

/** What happens to the present data of the volume. */
export function fateStep({ kept, purgeAfter }: DataFate, data = 'its data'): ForeseenStep {
  if (kept === 'nowhere') return { act: 'delete', about: `${data}, permanently` };
  if (kept === 'in-place') return { act: 'retain', about: `${data} stays where it is` };
  return { act: 'trash', about: `${data} can be brought back until ${purgeAfter ?? 'it is purged'}` };
}
