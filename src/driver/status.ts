import type { DriverContext } from './context.ts';
import { knownVolume } from './read.ts';
import { useAmong } from './use.ts';
import type { DriverStatus, StagedUse } from './volume-driver.ts';

/** From memory, without a look at each volume: a start asks for it. */
export function driverStatus({ backend, catalog, ledger, host, trash }: DriverContext): DriverStatus {
  const counts = { volumes: catalog.size, unreadable: catalog.unreadable, mounted: 0, held: 0 };
  for (const { seen, holders } of ledger.entries()) {
    if (seen !== undefined) counts.mounted += 1;
    if (holders.size > 0) counts.held += 1;
  }
  const health = backend.health();
  return {
    ...counts,
    ...(trash.bytes === undefined ? {} : { trashBytes: trash.bytes }),
    ...(catalog.listedAt === undefined ? {} : { catalogAge: host.now() - catalog.listedAt }),
    ...(health === undefined ? {} : { health }),
  };
}

/** All that is mounted here, or on its way there or back, and who has it by a fresh look at the kernel. */
export async function stagedUses(context: DriverContext): Promise<readonly StagedUse[]> {
  const entries = [...context.ledger.entries()];
  if (entries.length === 0) return [];
  const uses = await context.host.mounts.uses(context.mountRoot, 0);
  const found: StagedUse[] = [];
  for (const { volume } of entries) {
    const view = knownVolume(context, volume.name);
    if (view !== undefined) found.push({ view, ...(await useAmong(context, volume.name, uses)) });
  }
  return found;
}
