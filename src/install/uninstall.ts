import { VolumeError } from '../core/volume-error.ts';
import { type Installed, type InstallHow, refuseIfChanged } from './install.ts';
import { planFiles } from './plan.ts';
import type { ServiceManager } from './service-manager.ts';
import { readUnits, takeSteps } from './unit-folder.ts';

/**
 * Stops and removes what `installUnits` wrote, and nothing else. `mounted` are the mountpoints of volumes. While there are
 * any, it throws `in-use` unless forced: without the daemon their containers could not be restarted or release their volumes.
 */
export async function uninstallUnits(
  mounted: readonly string[],
  how: InstallHow,
  manager: ServiceManager,
): Promise<Installed> {
  const { folder } = how;
  const isLive = how.scope === 'files-and-services';
  if (isLive && mounted.length > 0 && how.insistence === 'careful') throw stillMounted(mounted);
  const files = planFiles([], await readUnits(folder), how.insistence);
  refuseIfChanged(folder, files);
  const names = files.map(({ name }) => name);
  const tells = isLive && manager.isRunning() && files.length > 0;
  const systemctl = tells ? [['disable', '--now', ...names], ['daemon-reload']] : [];
  if (!how.dryRun) {
    const [disable, reload] = systemctl;
    if (disable) await manager.systemctl(...disable);
    if (files.length > 0) await takeSteps(folder, files);
    if (reload) await manager.systemctl(...reload);
  }
  return { files, systemctl };
}

function stillMounted(mounted: readonly string[]): VolumeError {
  return new VolumeError(
    'in-use',
    [
      'Volumes are mounted:',
      ...mounted.map((mountpoint) => `  ${mountpoint}`),
      'Nothing was changed. Stop their containers first. With --force, these volumes stay mounted, and nothing unmounts them later.',
    ].join('\n'),
  );
}
