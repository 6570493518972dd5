import type { Volume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';

/**
 * The host, with all that may wait for the volume's disk made in a process of its own: a dead EBS volume answers nothing, and
 * four of them would hold every thread of this process's pool. What asks no disk stays here: looks at mountpoints, programs.
 */
export function diskHost(host: Host, { name, id }: Volume, signal: AbortSignal): Host {
  const remote = host.remote(`the disk of volume ${name} (${id})`);
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
