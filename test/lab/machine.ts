import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDaemon, type Daemon, type DaemonSettings, firstDriver, writeConfiguration } from './daemon.ts';
import { createEngine, type Engine } from './engine.ts';
import { eventually } from './eventually.ts';
import { importImages, makeImages } from './images.ts';
import { added, kernelView, mountpoints, withoutRemovedDrivers } from './kernel-view.ts';
import { createNamespace, type Namespace } from './namespace.ts';
import { tail } from './service.ts';

/**
 * A simulated host: a separate mount namespace that runs a real dockerd and the built Holdfast, with all files below one folder.
 * `destroy` ends it in any state; so does the end of the test process.
 */
export interface Machine {
  readonly folder: string;
  readonly namespace: Namespace;
  readonly engine: Engine;
  readonly holdfast: Daemon;
  /** Starts Holdfast, and the engine with the images of images.ts. */
  boot(): Promise<void>;
  /** A power failure and another boot: every process and mount is gone, the boot ID is another, the disks are the same. */
  reboot(): Promise<void>;
  /** The docker command; throws with the ends of both logs if it fails. */
  docker(...args: readonly string[]): Promise<string>;
  /** Waits for a condition; a timeout reports the ends of both logs. */
  eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
  /** True while something is mounted at the volume's mountpoint on the host. */
  isMounted(volume: string): Promise<boolean>;
  mountpoint(volume: string): string;
  /** The kernel's state of this host that was not there right after `boot`, freshly read. */
  leftovers(): Promise<readonly string[]>;
  /** The kernel's state of this host that was not there before `boot`. */
  traces(): Promise<readonly string[]>;
  destroy(): Promise<void>;
}

export interface MachineSettings extends DaemonSettings {
  /** The network namespace to boot in, as nsenter(1) takes it, called at each boot; default: the test process's own. */
  readonly network?: () => string;
  /** Makes additional mounts in the host's namespace, at each boot before anything is started. */
  readonly furnish?: (namespace: Namespace) => Promise<void>;
}

export async function createMachine(program: string, settings: MachineSettings = {}): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder, settings.network);
  await writeConfiguration(folder, `${folder}/config.yaml`, settings);
  await mkdir(`${folder}/given`);
  await makeImages(folder);
  await namespace.open();
  return assemble(folder, namespace, program, settings);
}

function assemble(folder: string, namespace: Namespace, program: string, settings: MachineSettings): Machine {
  const driver = firstDriver(settings);
  const engine = createEngine(namespace, folder, 'docker');
  const holdfast = createDaemon(namespace, {
    program,
    config: `${folder}/config.yaml`,
    log: `${folder}/holdfast.log`,
    adminSocket: `${folder}/admin.sock`,
    pluginSocket: `/run/docker/plugins/${driver}.sock`,
  });
  const evidence = async () =>
    (await tail('docker', engine.service, 15)) + (await tail('holdfast', holdfast.service, 30));
  const mountpoint = (volume: string) => `${folder}/mounts/${driver}/${volume}`;
  return {
    folder,
    namespace,
    engine,
    holdfast,
    mountpoint,
    ...power(folder, namespace, engine, holdfast, settings.furnish),
    docker: async (...args) => {
      const finished = await engine.tryDocker(...args);
      if (finished.exitCode === 0) return finished.stdout.trim();
      throw new Error(`docker ${args.join(' ')} failed: ${finished.stderr}${await evidence()}`);
    },
    eventually: (what, probe) => eventually(what, probe, { evidence }),
    isMounted: async (volume) =>
      (await mountpoints(`/proc/${namespace.pid()}/mountinfo`)).includes(mountpoint(volume)),
  };
}

type Power = Pick<Machine, 'boot' | 'reboot' | 'leftovers' | 'traces' | 'destroy'>;

function power(
  folder: string,
  namespace: Namespace,
  engine: Engine,
  holdfast: Daemon,
  furnish: MachineSettings['furnish'],
): Power {
  let bare: readonly string[] = [];
  let idle: readonly string[] = [];
  const start = async () => {
    await furnish?.(namespace);
    bare = await kernelView(folder, namespace);
    await holdfast.start();
    await engine.start();
    idle = await kernelView(folder, namespace);
  };
  return {
    boot: async () => {
      await start();
      await importImages(folder, engine);
    },
    reboot: async () => {
      await namespace.close('keep');
      await namespace.open();
      await start();
    },
    leftovers: async () => withoutRemovedDrivers(added(idle, await kernelView(folder, namespace)), namespace),
    traces: async () => added(bare, await kernelView(folder, namespace)),
    destroy: () => namespace.close('remove'),
  };
}
