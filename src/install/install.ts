import { VolumeError } from '../core/volume-error.ts';
import { type FileStep, type Insistence, planFiles } from './plan.ts';
import type { ServiceManager } from './service-manager.ts';
import type { UnitFile } from './unit-file.ts';
import { readUnits, takeSteps } from './unit-folder.ts';
import { serviceName } from './units.ts';

export interface InstallHow {
  /** The folder of systemd's unit files. */
  readonly folder: string;
  /** `files-and-services`: also reload systemd and start or stop the services. */
  readonly scope: 'files' | 'files-and-services';
  readonly dryRun: boolean;
  readonly insistence: Insistence;
}

/** What was done, or what would be done by a dry run. */
export interface Installed {
  readonly files: readonly FileStep[];
  /** The arguments of each systemctl call, in order. */
  readonly systemctl: readonly (readonly string[])[];
}

/** Writes the units, enables them and restarts the service. May be repeated. If it throws `conflict`, nothing was changed. */
export async function installUnits(
  wanted: readonly UnitFile[],
  how: InstallHow,
  manager: ServiceManager,
): Promise<Installed> {
  const { folder } = how;
  const isLive = how.scope === 'files-and-services';
  if (isLive && !how.dryRun && !manager.isRunning()) throw noSystemd(folder);
  const found = await readUnits(folder);
  const files = planFiles(wanted, found, how.insistence);
  refuseIfChanged(folder, files);
  const systemctl = isLive ? installSteps(files, found) : [];
  if (!how.dryRun) {
    const gone = systemctl.filter(([verb]) => verb === 'disable');
    for (const words of gone) await manager.systemctl(...words);
    await takeSteps(folder, files);
    for (const words of systemctl) if (!gone.includes(words)) await manager.systemctl(...words);
  }
  return { files, systemctl };
}

/** Throws `conflict`, naming each file that was edited or written by someone else. */
export function refuseIfChanged(folder: string, files: readonly FileStep[]): void {
  const refused = files.filter((step) => step.action === 'refuse');
  if (refused.length === 0) return;
  const each = refused.map(({ name, why }) => {
    const what = why === 'changed' ? 'was edited by hand' : 'was not written by `holdfast install`';
    return `  ${folder}/${name} ${what}`;
  });
  const way = `Nothing was changed. Move your edits to a drop-in (systemctl edit ${serviceName}), or overwrite them with --force.`;
  throw new VolumeError('conflict', ['These units would be overwritten:', ...each, way].join('\n'));
}

/**
 * Always restarts the service, even if no unit changed: systemd does not start the socket of a running service, an earlier
 * attempt may have been interrupted, and the program may be newer. Containers are not affected.
 */
function installSteps(
  files: readonly FileStep[],
  found: readonly UnitFile[],
): readonly (readonly string[])[] {
  const removed = files.filter(({ action }) => action === 'remove').map(({ name }) => name);
  const wanted = files.filter(({ action }) => action !== 'remove').map(({ name }) => name);
  const sockets = wanted.filter((name) => name !== serviceName);
  // Before the reload: systemd removes a socket's file at the path that it has loaded.
  const before = wanted.filter((wish) => found.some(({ name }) => name === wish));
  return [
    ...(removed.length > 0 ? [['disable', '--now', ...removed]] : []),
    ...(before.length > 0 ? [['stop', ...before]] : []),
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
    `systemd is not running on this machine. Nothing was changed. To write the units to ${folder} anyway, use --no-enable. With another init system, configure it to run \`holdfast serve\` before the engine.`,
  );
}
