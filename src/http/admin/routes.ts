import type { Backups } from '../../core/protect/backup.ts';
import type { Containers } from '../../core/protect/containers.ts';
import { printedJson } from '../../core/shown.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { type DriverPlace, drainedVolume, driverAnswer, errorAnswer } from './answers.ts';
import { backupRoutes } from './backup-routes.ts';
import { type EventSource, eventsRoute } from './events-route.ts';
import { progressRoute, type ReadProgress } from './progress-route.ts';
import { calls } from './protocol.ts';
import { type Reload, reloadRoutes } from './reload-routes.ts';
import { driverNamed, readQuery } from './requests.ts';
import { type AdminRoute, type Drivers, route } from './route.ts';
import type { DiagnosisAnswer, DrainAnswer, DrainedVolume, RecoveredDriver } from './shapes/daemon.ts';
import type { HistoryAnswer } from './shapes/history.ts';
import { snapshotRoutes } from './snapshot-routes.ts';
import type { AskContainers } from './users.ts';
import { volumeRoutes } from './volume-routes.ts';

/** From memory. */
type ReadHistory = () => Promise<HistoryAnswer>;

/** What the calls are answered from. */
export interface RouteParts {
  /** The engines of this host, asked out of band. */
  readonly containers: AskContainers;
  readonly version: string;
  readonly events: EventSource;
  readonly history: ReadHistory;
  readonly reload: Reload;
  /** What a reload would answer; changes nothing. */
  readonly foreseeReload: Reload;
  readonly backups: Backups;
  readonly progress: ReadProgress;
  /** Prepares the containers that use a volume for a copy of it. */
  readonly preparing: Containers;
  /** The driver in the configuration; undefined for one without an entry of its own. */
  placeOf?(driver: VolumeDriver): DriverPlace | undefined;
}

export function adminRoutes({
  version,
  containers,
  placeOf,
  events,
  history,
  reload,
  foreseeReload,
  backups,
  progress,
  preparing,
}: RouteParts): readonly AdminRoute[] {
  return [
    route(calls.openapi, async () => (await import('./openapi.ts')).openApiDocument()),
    route(calls.version, async () => ({ version, pid: process.pid })),
    route(calls.drivers, async (drivers) => ({
      drivers: [...drivers.values()].map((driver) => driverAnswer(driver, placeOf?.(driver))),
    })),
    route(calls.driver, async (drivers, { params }) => {
      const driver = driverNamed(drivers, String(params.driver));
      const place = placeOf?.(driver);
      return { ...driverAnswer(driver, place), ...(place === undefined ? {} : withoutSecrets(place)) };
    }),
    route(calls.drain, (drivers) => drain(drivers)),
    ...volumeRoutes(containers, preparing),
    ...snapshotRoutes(preparing),
    ...backupRoutes(backups),
    eventsRoute(events),
    route(calls.history, () => history()),
    progressRoute(progress),
    ...reloadRoutes(reload, foreseeReload),
    route(calls.diagnosis, (drivers, request) => {
      const { driver } = readQuery(request, calls.diagnosis.query);
      return diagnosis(driver === undefined ? [...drivers.values()] : [driverNamed(drivers, driver)]);
    }),
    route(calls.recoveryPlan, (drivers) => recovery(drivers, (driver) => driver.planRecovery())),
    route(calls.recover, (drivers) => recovery(drivers, (driver) => driver.recover())),
  ];
}

/** Milliseconds. */
const diagnosisPatience = 45_000;

/** What each storage reports about itself, checked now. */
async function diagnosis(drivers: readonly VolumeDriver[]): Promise<DiagnosisAnswer> {
  const signal = AbortSignal.timeout(diagnosisPatience);
  const answers = drivers.map(async (driver) => ({
    driver: driver.name,
    findings: await driver.diagnose(signal),
  }));
  return { drivers: await Promise.all(answers) };
}

/** A failed driver is reported and does not stop the others. */
async function recovery(
  drivers: Drivers,
  act: (driver: VolumeDriver) => Promise<RecoveredDriver['steps']>,
): Promise<{ readonly drivers: readonly RecoveredDriver[] }> {
  const answers = [...drivers.values()].map(async (driver): Promise<RecoveredDriver> => {
    try {
      return { driver: driver.name, steps: await act(driver) };
    } catch (thrown) {
      return { driver: driver.name, steps: [], error: errorAnswer(asVolumeError(thrown, 'Recovery failed')) };
    }
  });
  return { drivers: await Promise.all(answers) };
}

function withoutSecrets(place: DriverPlace): DriverPlace {
  return JSON.parse(printedJson(place));
}

/** If a driver cannot tell, the host counts as unsafe to stop. */
async function drain(drivers: Drivers): Promise<DrainAnswer> {
  const volumes: DrainedVolume[] = [];
  const unknown: DrainAnswer['unknown'][number][] = [];
  for (const driver of drivers.values()) {
    try {
      volumes.push(...(await driver.uses()).map((staged) => drainedVolume(driver, staged)));
    } catch (thrown) {
      const error = errorAnswer(asVolumeError(thrown, 'The users of its volumes could not be found'));
      unknown.push({ driver: driver.name, error });
    }
  }
  const isSafe = unknown.length === 0 && volumes.every(({ state }) => state === 'free');
  return { isSafe, volumes, unknown };
}
