import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type EngineParts, type HostEngine } from '../engine.ts';
import { eventually } from '../eventually.ts';
import { importImages, makeImages } from '../images.ts';
import { mountpoints } from '../kernel-view.ts';
import { createNamespace, type Namespace } from '../namespace.ts';
import { allProcesses } from '../processes.ts';
import { tail } from '../service.ts';
import { createPluginBuild, type PluginBuild } from './build.ts';
import { startRegistry } from './registry.ts';

/** Requirements of a suite with a managed plugin, for `describeWith`. */
export const realPlugin = {
  root: true,
  programs: ['dockerd', 'docker', 'docker-registry', 'busybox', 'mkfs.ext4', 'ldd'],
} as const;

const registry = '127.0.0.1:5000';
const published = (version: number) => `${registry}/storage/holdfast:${version}`;

/** A simulated host with an engine, a registry, and Holdfast only as a plugin. */
export interface PluginMachine {
  readonly folder: string;
  readonly namespace: Namespace;
  readonly engine: HostEngine;
  readonly build: PluginBuild;
  /** The host's directory for the data of plugins. */
  readonly data: string;
  /** The docker command; throws with the end of the engine's log if it fails. */
  docker(...args: readonly string[]): Promise<string>;
  eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
  /** The name of a version in the registry. */
  published(version: number): string;
  /** `docker plugin install` of the published version 1, under an alias and with settings. */
  install(alias: string, ...settings: readonly string[]): Promise<string>;
  /** The same of another version. */
  installVersion(version: number, alias: string, ...settings: readonly string[]): Promise<string>;
  /** The plugin's process; waits for one other than `before`. */
  pid(alias: string, before?: number): Promise<number>;
  /** The volume's mountpoints on the host, of any plugin. */
  mountsOf(volume: string): Promise<readonly string[]>;
  /**
   * How often the plugin has it mounted. The host shows each mount of a plugin twice, because the engine binds the directory for
   * mounts onto itself, in the same peer group.
   */
  timesMounted(alias: string, volume: string): Promise<number>;
  /** The plugin's output in the engine's log. */
  log(): Promise<string>;
  destroy(): Promise<void>;
}

export interface PluginMachineSettings {
  /** Prepares its mount namespace for the engine. */
  readonly furnish?: (namespace: Namespace) => Promise<void>;
  /** Default: the engine of the machine. */
  readonly engine?: EngineParts;
}

/** Boots it in a network namespace in which the registry's port is free; nothing is published yet. */
export async function createPluginMachine(
  network: string,
  { furnish, engine }: PluginMachineSettings = {},
): Promise<PluginMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder, () => network);
  await namespace.open();
  try {
    await furnish?.(namespace);
    return await assemble(folder, namespace, createEngine(namespace, folder, 'docker', engine));
  } catch (failure) {
    await namespace.close('remove');
    throw failure;
  }
}

async function assemble(folder: string, namespace: Namespace, engine: HostEngine): Promise<PluginMachine> {
  const data = `${folder}/data`;
  await mkdir(data);
  await makeImages(folder);
  await engine.start();
  await importImages(folder, engine);
  const service = await startRegistry(folder, namespace, registry);
  const build = await createPluginBuild(folder, engine);
  const evidence = () => tail('docker', engine.service, 30);
  const docker = async (...args: readonly string[]) => {
    const finished = await engine.tryDocker(...args);
    if (finished.exitCode === 0) return finished.stdout.trim();
    throw new Error(`docker ${args.join(' ')} failed: ${finished.stderr}${await evidence()}`);
  };
  const pid = async (alias: string, before?: number) => {
    const plugin = await id(alias);
    const found = async () => (await pluginProcesses(plugin)).find((other) => other !== before);
    return eventually(`${alias} runs`, found, { evidence });
  };
  const id = (alias: string) => docker('plugin', 'inspect', '--format', '{{.Id}}', alias);
  return {
    folder,
    namespace,
    engine,
    build,
    data,
    docker,
    eventually: (what, probe) => eventually(what, probe, { evidence }),
    install: (alias, ...settings) => docker(...installing(alias, `state.source=${data}`, ...settings)),
    installVersion: (version, alias, ...settings) =>
      docker(...installingVersion(version, alias, `state.source=${data}`, ...settings)),
    pid,
    published,
    mountsOf: async (volume) => {
      const points = await mountpoints(`/proc/${namespace.pid()}/mountinfo`);
      const isOurs = (point: string) => point.startsWith(`${folder}/docker/plugins/`);
      return [...new Set(points.filter((point) => isOurs(point) && point.endsWith(`/${volume}`)))];
    },
    timesMounted: async (alias, volume) => {
      const points = await mountpoints(`/proc/${await pid(alias)}/mountinfo`);
      return points.filter((point) => point.startsWith('/mnt/holdfast/') && point.endsWith(`/${volume}`))
        .length;
    },
    log: () => engine.service.log(),
    destroy: async () => {
      await engine.stop();
      await service.stop();
      await namespace.close('remove');
    },
  };
}

export function installing(alias: string, ...settings: readonly string[]): readonly string[] {
  return installingVersion(1, alias, ...settings);
}

function installingVersion(version: number, alias: string, ...settings: readonly string[]) {
  return ['plugin', 'install', '--grant-all-permissions', '--alias', alias, published(version), ...settings];
}

/** Finds a plugin's process by its control group, whose name contains the plugin's ID. */
async function pluginProcesses(plugin: string): Promise<readonly number[]> {
  const serving = (await allProcesses()).filter(({ args }) => args[2] === 'serve');
  const groups = serving.map(async ({ pid }) => {
    const group = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    return group.includes(plugin) ? [pid] : [];
  });
  return (await Promise.all(groups)).flat();
}
