import { VolumeError } from '../core/volume-error.ts';
import { type FileStep, type Insistence, planFiles } from './plan.ts';
import type { ServiceManager } from './service-manager.ts';
import type { UnitFile } from './unit-file.ts';
import { readUnits, takeSteps } from './unit-folder.ts';
import { serviceName } from './units.ts';

export interface InstallHow {
  /** Where systemd's units are. */
  readonly folder: string;
  /** Whether the machine's own systemd is told. */
  readonly scope: 'files' | 'files-and-services';
  readonly dryRun: boolean;
  readonly insistence: Insistence;
}

/** What was done, or would be. */
export interface Installed {
  readonly files: readonly FileStep[];
  /** The words of each systemctl, in order. */
  readonly systemctl: readonly (readonly string[])[];
}

/** Writes the units, enables them, and starts the service anew. May be repeated. Throws `conflict` before anything is done. */
export async function installUnits(
  wanted: readonly UnitFile[],
  how: InstallHow,
  manager: ServiceManager,
): Promise<Installed> {
  const { folder } = how;
  const isLive = how.scope === 'files-and-services';
  if (isLive && !how.dryRun && !manager.isRunning()) throw noSystemd(folder);
  const files = planFiles(wanted, await readUnits(folder), how.insistence);
  refuseIfChanged(folder, files);
  const systemctl = isLive ? installSteps(files) : [];
  if (!how.dryRun) {
    const gone = systemctl.filter(([verb]) => verb === 'disable');
    for (const words of gone) await manager.systemctl(...words);
    await takeSteps(folder, files);
    for (const words of systemctl) if (!gone.includes(words)) await manager.systemctl(...words);
  }
  return { files, systemctl };
}

/** Throws `conflict`, naming each file that somebody else wrote or changed. */
export function refuseIfChanged(folder: string, files: readonly FileStep[]): void {
  const refused = files.filter((step) => step.action === 'refuse');
  if (refused.length === 0) return;
  const each = refused.map(({ name, why }) => {
    const what = why === 'changed' ? 'was changed by hand' : 'was not written by `holdfast install`';
    return `  ${folder}/${name} ${what}`;
  });
  const way = `Nothing was done. Move your changes to a drop-in (systemctl edit ${serviceName}), or give them up with --force.`;
  throw new VolumeError('conflict', ['There are units that would be lost:', ...each, way].join('\n'));
}

/**
 * The service is stopped for a moment, also when no unit changed: systemd starts no socket of a service that runs, an
 * earlier attempt may have ended half way, and the program may be a newer one. Containers do not notice.
 */
function installSteps(files: readonly FileStep[]): readonly (readonly string[])[] {
  const removed = files.filter(({ action }) => action === 'remove').map(({ name }) => name);
  const wanted = files.filter(({ action }) => action !== 'remove').map(({ name }) => name);
  const sockets = wanted.filter((name) => name !== serviceName);
  return [
    ...(removed.length > 0 ? [['disable', '--now', ...removed]] : []),
    ['daemon-reload'],
    ['enable', ...wanted],
    ['stop', serviceName],
    ['restart', ...sockets],
    ['start', serviceName],
  ];
}

function noSystemd(folder: string): VolumeError {
  return new VolumeError(
    'failed',
    `systemd does not run this machine: nothing was done. --no-enable writes the units to ${folder} all the same; without systemd, let what starts your services run \`holdfast serve\` before the engine.`,
  );
}
