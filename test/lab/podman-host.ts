import { writeFile } from 'node:fs/promises';
import type { Daemon } from './daemon.ts';
import { busybox, imageFile, withContent } from './images.ts';
import { viewOutside } from './kernel-view.ts';
import { createMachine, type Machine } from './machine.ts';
import { type Finished, succeeded } from './run.ts';

/** A simulated host with the built Holdfast and a real Podman, without Docker. */
export interface PodmanHost {
  readonly folder: string;
  readonly holdfast: Daemon;
  /** Replaces the driver's part of containers.conf. */
  configure(engine: string): Promise<void>;
  /** The trimmed output of the podman command; throws with its error. */
  podman(...args: readonly string[]): Promise<string>;
  tryPodman(...args: readonly string[]): Promise<Finished>;
  eventually: Machine['eventually'];
  isMounted: Machine['isMounted'];
  /** A power failure and another boot. */
  reboot(): Promise<void>;
  /** Ends it; returns mounts, loop devices and processes that are left. */
  destroy(): Promise<readonly string[]>;
}

/** No limits, network or cgroups: they are not needed, and not every machine permits them. */
const settings = `
[containers]
cgroups = "disabled"
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`;

/** `engine`: the driver's part of containers.conf. */
export async function createPodmanHost(program: string, engine: string): Promise<PodmanHost> {
  const { folder, namespace, holdfast, eventually, isMounted, destroy } = await createMachine(program);
  const configuration = `${folder}/containers.conf`;
  const root = `${folder}/podman`;
  const places = ['--root', root, '--runroot', '/run/podman-run', '--tmpdir', '/run/libpod'];
  const tryPodman = (...args: readonly string[]) =>
    namespace.run(
      'env',
      `CONTAINERS_CONF=${configuration}`,
      'podman',
      ...places,
      ...['--storage-driver=vfs', '--runtime=crun', '--cgroup-manager=cgroupfs', '--events-backend=file'],
      ...args,
    );
  const podman = async (...args: readonly string[]) =>
    succeeded(`podman ${args.join(' ')}`, await tryPodman(...args));
  const start = async () => {
    // crun refuses a machine that has both kinds of cgroups.
    await namespace.run('umount', '/sys/fs/cgroup/unified');
    // The directory for the socket of Podman's service, which some tests start.
    await namespace.run('mkdir', '-p', '/run/podman');
    await holdfast.start();
  };
  const configure = (text: string) => writeFile(configuration, settings + text);
  await configure(engine);
  await start();
  for (const image of [busybox, withContent]) await podman('import', imageFile(folder, image), image);
  return {
    folder,
    holdfast,
    configure,
    podman,
    tryPodman,
    eventually,
    isMounted,
    async reboot() {
      await namespace.close('keep');
      await namespace.open();
      await start();
    },
    async destroy() {
      await destroy();
      return viewOutside(folder);
    },
  };
}
