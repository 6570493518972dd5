import type { Backend } from '../../backends/backend.ts';
import type { Configuration, DriverConfiguration } from '../../config/configuration.ts';
import { settingPlace } from '../../config/setting-place.ts';
import type { Audit } from '../../core/audit.ts';
import type { Log } from '../../core/log.ts';
import type { DriverName } from '../../core/names.ts';
import { type Report, unreported } from '../../core/waits/progress.ts';
import type { Witness } from '../../core/witness.ts';
import type { MeasuredVolumes } from '../../driver/open-context.ts';
import { type OpenDriver, openDriver } from '../../driver/open-driver.ts';
import type { StagedPlaces } from '../../driver/places/staged.ts';
import { usualTimings } from '../../driver/timings.ts';
import type { Host } from '../../host/host.ts';

export interface OpeningParts {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly audit: Audit;
  readonly report?: Report;
}

/** What the drivers of a machine share. */
export interface Surroundings {
  readonly host: Host;
  readonly witnesses: ReadonlyMap<string, Witness>;
  readonly places: StagedPlaces;
}

export async function openConfigured(
  name: DriverName,
  configured: DriverConfiguration,
  parts: OpeningParts,
  around: Surroundings,
): Promise<OpenDriver> {
  const { host, places } = around;
  const { configuration, log, audit, report = unreported } = parts;
  const measured: MeasuredVolumes = {};
  return openDriver({
    name,
    backendName: configured.backend,
    backend: openBackend(name, configured, { ...parts, report: withTotals(report, measured) }, around),
    host,
    log,
    audit,
    mountRoot: `${configuration.mountRoot}/${name}`,
    stateDir: `${configuration.stateDir}/${name}`,
    runtimeDir: `${configuration.runtimeDir}/${name}`,
    timings: { ...usualTimings, grace: configuration.grace },
    directory: configured.settings.needs.directory?.path,
    places,
    measured,
  });
}

/** A driver that has started. If it cannot be started, it is closed again: its files must be free for the next attempt. */
export async function openStarted(
  name: DriverName,
  configured: DriverConfiguration,
  parts: OpeningParts,
  around: Surroundings,
  storage: 'same' | 'another',
): Promise<OpenDriver> {
  const driver = await openConfigured(name, configured, parts, around);
  try {
    await driver.start(storage);
    return driver;
  } catch (error) {
    await driver.close().catch(() => undefined);
    throw error;
  }
}

/** A backend counts nothing for the sake of progress; the driver has measured the volumes. */
function withTotals(report: Report, measured: MeasuredVolumes): Report {
  return ({ dataOf, ...work }) => {
    const total = work.total ?? (dataOf === undefined ? undefined : measured.entriesOf?.(dataOf));
    return report(total === undefined ? work : { ...work, total });
  };
}

/** Begins nothing yet. */
export function openBackend(
  name: DriverName,
  { settings, defaults, profiles }: DriverConfiguration,
  { configuration, log, audit, report = unreported }: OpeningParts,
  { host, witnesses }: Pick<Surroundings, 'host' | 'witnesses'>,
): Backend {
  // Below the mount root, which has shared propagation: an unmount there reaches the copies in other namespaces.
  const workDir = `${configuration.mountRoot}/.shares/${name}`;
  const placeOf = (key: string) => settingPlace(configuration, name, key);
  const inputs = { driver: name, placeOf, defaults, profiles };
  return settings.open({ ...inputs, host, workDir, witnesses, log, audit, report });
}
