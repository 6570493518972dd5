import type { Volume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';
import type { EbsContext } from './ebs-context.ts';

/** Milliseconds: the calls of one mount follow each other closely. The next mount may be days away, unless the disk lingers. */
const betweenCalls = 2_000;

/**
 * The host, with all that may wait for the volume's disk made in a process of its own: a dead EBS volume answers nothing, and
 * four of them would hold every thread of this process's pool. What asks no disk stays here: looks at mountpoints, programs.
 */
export function diskHost({ host, settings }: EbsContext, { name, id }: Volume, signal: AbortSignal): Host {
  const remote = host.remote(`the disk of volume ${name} (${id})`, betweenCalls + settings.linger);
  return {
    ...host,
    files: { ...host.files, ...remote.files },
    mounts: {
      ...host.mounts,
      bind: (source, target, access) => remote.bind(source, target, access),
      mountDisk: (device, target, fileSystem) => remote.mountDisk(device, target, fileSystem, signal),
      unmount: (target) => remote.unmount(target, signal),
    },
  };
}
