import { resolve } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { VolumeError } from '../core/volume-error.ts';
import { type Installed, type InstallHow, installUnits } from '../install/install.ts';
import type { FileStep } from '../install/plan.ts';
import type { ServiceManager } from '../install/service-manager.ts';
import { uninstallUnits } from '../install/uninstall.ts';
import { unitFolder } from '../install/unit-folder.ts';
import { unitsFor } from '../install/units.ts';
import type { CommandResult } from './command-result.ts';
import type { InstallOptions } from './install-commands.ts';
import { type Usable, usable } from './serve.ts';

/** The machine, as far as the installing commands see and change it. */
export interface InstallSurroundings {
  readonly isRoot: boolean;
  /** What the service runs. */
  readonly command: readonly string[];
  /** The file alone: a service has no variables of yours. */
  load(file: string | undefined): Promise<LoadedConfiguration>;
  mountTable(): Promise<readonly { readonly mountpoint: string }[]>;
  manager(): Promise<ServiceManager>;
}

export async function install(options: InstallOptions, around: InstallSurroundings): Promise<CommandResult> {
  const { configuration, roots, config } = await prepare('install', options, around);
  const wanted = unitsFor({ configuration, roots, command: around.command, config });
  const how = howOf(options);
  const done = await installUnits(wanted, how, await around.manager());
  const last =
    how.scope === 'files'
      ? 'Nothing was enabled or started.'
      : 'The daemon runs, and starts with each boot before the engine.';
  return result(done, how, how.dryRun ? [] : [last]);
}

export async function uninstall(
  options: InstallOptions,
  around: InstallSurroundings,
): Promise<CommandResult> {
  const { configuration, roots } = await prepare('uninstall', options, around);
  const mounted = volumesIn(await around.mountTable(), configuration.mountRoot);
  const how = howOf(options);
  const done = await uninstallUnits(mounted, how, await around.manager());
  return result(done, how, keptText(configuration, roots, mounted));
}

async function prepare(
  command: string,
  options: InstallOptions,
  around: InstallSurroundings,
): Promise<Pick<Usable, 'configuration' | 'roots'> & { readonly config: string | undefined }> {
  const isOwn = resolve(options.root) === '/' && !options.dryRun;
  if (isOwn && !around.isRoot) {
    const message = `The machine's services belong to root: run it as \`sudo holdfast ${command}\`.`;
    throw new VolumeError('failed', message);
  }
  // The service has another working directory.
  const config = options.config === undefined ? undefined : resolve(options.config);
  const { configuration, roots } = usable(await around.load(config));
  return { configuration, roots, config };
}

function howOf({ root, enable = true, dryRun = false, force = false }: InstallOptions): InstallHow {
  return {
    folder: unitFolder(resolve(root)),
    scope: enable && resolve(root) === '/' ? 'files-and-services' : 'files',
    dryRun,
    insistence: force ? 'forced' : 'careful',
  };
}

function volumesIn(table: readonly { readonly mountpoint: string }[], mountRoot: string): readonly string[] {
  const below = table.map(({ mountpoint }) => mountpoint).filter((path) => path.startsWith(`${mountRoot}/`));
  return [...new Set(below)].filter((path) => !path.startsWith(`${mountRoot}/.shares/`));
}

function result(
  { files, systemctl }: Installed,
  { folder, dryRun }: InstallHow,
  last: readonly string[],
): CommandResult {
  const lines = files.map((step) => fileText(folder, step, dryRun));
  const commands = systemctl.map((words) => `${dryRun ? 'would run' : 'ran'} systemctl ${words.join(' ')}`);
  const nothing = lines.length === 0 ? [`There are no units of Holdfast in ${folder}.`] : [];
  return {
    json: { dryRun, folder, files, systemctl },
    text: [...nothing, ...lines, ...commands, ...last].join('\n'),
  };
}

const verbs: Readonly<Record<FileStep['action'], readonly [string, string]>> = {
  write: ['wrote', 'would write'],
  remove: ['removed', 'would remove'],
  keep: ['left as it was', 'would leave as it is'],
  refuse: ['refused', 'would refuse'],
};

function fileText(folder: string, step: FileStep, dryRun: boolean): string {
  return `${verbs[step.action][dryRun ? 1 : 0]} ${folder}/${step.name}`;
}

/** Where everything is that an uninstallation leaves. */
function keptText(
  { stateDir, drivers }: Configuration,
  roots: Usable['roots'],
  mounted: readonly string[],
): readonly string[] {
  const places = Array.from(
    drivers,
    ([name, { backend }]) => `${name}: ${roots.get(name) ?? `in its storage (${backend})`}`,
  );
  return [
    'Kept, for you to delete or to use again:',
    ...places.map((place) => `  volumes of driver ${place}`),
    `  lists of volumes and the audit log: ${stateDir}`,
    ...mounted.map((mountpoint) => `  still mounted: ${mountpoint}`),
  ];
}
