import type { RecoveryStep } from '../core/decisions/recovery-plan.ts';
import type { DriverName } from '../core/names.ts';
import { createStagedPlaces } from '../driver/places/staged.ts';
import type { TakenStep } from '../driver/volume-driver.ts';
import { dryRunHost } from '../host/dry-run-host.ts';
import { type OpeningParts, openConfigured } from './drivers/open.ts';
import { makeMountRoot, openStation } from './open-station.ts';
import { openWitnesses } from './open-witnesses.ts';

export interface OfflineRecovery {
  readonly driver: DriverName;
  readonly steps: readonly (RecoveryStep | TakenStep)[];
}

/** Recovers without a daemon. Throws `conflict` while one runs. `dryRun` only plans. */
export async function recoverOffline(
  parts: OpeningParts,
  how: { readonly dryRun: boolean },
): Promise<readonly OfflineRecovery[]> {
  const station = await openStation(parts, 'daemon', how.dryRun ? dryRunHost : (host) => host);
  try {
    const recovered: OfflineRecovery[] = [];
    const { host } = station;
    if (!how.dryRun) await makeMountRoot(host, parts);
    const witnesses = await openWitnesses(parts, host);
    const places = createStagedPlaces();
    for (const [name, configured] of parts.configuration.drivers) {
      const driver = await openConfigured(name, configured, parts, { host, witnesses, places });
      recovered.push({ driver: name, steps: await (how.dryRun ? driver.planRecovery() : driver.recover()) });
      await driver.close();
    }
    return recovered;
  } finally {
    await station.close();
  }
}
