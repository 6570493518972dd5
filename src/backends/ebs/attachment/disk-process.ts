import type { Volume } from '../../../core/volume.ts';
import type { Host } from '../../../host/host.ts';
import type { EbsContext } from '../context.ts';

/** Milliseconds: the calls of one mount follow each other closely. The next mount may be days away, unless the disk lingers. */
const betweenCalls = 2_000;

/**
 * The host, with everything that may wait for the volume's disk done in a separate process: a dead EBS volume never answers, and
 * four of them would block every thread of this process's pool. What needs no disk stays here: looks at mountpoints, programs.
 */
export function diskHost({ host, settings }: EbsContext, { name, id }: Volume, signal: AbortSignal): Host {
  const remote = host.remote(`the disk of volume ${name} (${id})`, { idle: betweenCalls + settings.linger });
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
