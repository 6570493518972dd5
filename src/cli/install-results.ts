import { dirname, resolve } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { KnownVolumes } from '../engines/known-volumes.ts';
import { type Installed, type InstallHow, installUnits } from '../install/install.ts';
import { type LinkStep, planLinks, programLinks, takeLinkSteps } from '../install/links.ts';
import type { FileStep } from '../install/plan.ts';
import type { ServiceManager } from '../install/service-manager.ts';
import { uninstallUnits } from '../install/uninstall.ts';
import { unitFolder } from '../install/unit-folder.ts';
import { unitsFor } from '../install/units.ts';
import type { SeenMount } from './adopt/mounted.ts';
import type { MoveHost } from './adopt/move-host.ts';
import type { CommandResult } from './command-result.ts';
import type { InstallOptions } from './install-commands.ts';
import { type Usable, usable } from './serve.ts';

/** What the install commands read and change on the machine. */
export interface InstallSurroundings {
  readonly isRoot: boolean;
  /** The command line of the service. */
  readonly command: readonly string[];
  /** Loads only the file: a service does not have the user's environment variables. */
  load(file: string | undefined): Promise<LoadedConfiguration>;
  /** Removes the mountpoints that nothing is mounted on. They are immutable: a plain `rm` fails. */
  clearMountpoints(mountRoot: string): Promise<void>;
  mountTable(): Promise<readonly SeenMount[]>;
  /** What moves directories of this host. To be closed. */
  openMoveHost(): Promise<MoveHost & { close(): Promise<void> }>;
  manager(): Promise<ServiceManager>;
  /** The volumes of these drivers that engines know. To be asked while the daemon still runs. */
  knownVolumes(drivers: readonly string[]): Promise<readonly KnownVolumes[]>;
}

export async function install(options: InstallOptions, around: InstallSurroundings): Promise<CommandResult> {
  const { configuration, config } = await prepare('install', options, around);
  const wanted = unitsFor({ configuration, command: around.command, config });
  const how = howOf(options);
  const done = await installUnits(wanted, how, await around.manager());
  const last =
    how.scope === 'files'
      ? 'Nothing was enabled or started.'
      : 'The daemon runs. It starts at every boot, before the engine.';
  const links = await link(options, around, 'present');
  return result(done, links, how, how.dryRun ? [] : [last]);
}

export async function uninstall(
  options: InstallOptions,
  around: InstallSurroundings,
): Promise<CommandResult> {
  const { configuration } = await prepare('uninstall', options, around);
  const mounted = volumesIn(await around.mountTable(), configuration.mountRoot);
  const how = howOf(options);
  const names = [...configuration.drivers.keys(), ...configuration.joints.keys()];
  const known = how.scope === 'files' ? [] : await around.knownVolumes(names);
  const done = await uninstallUnits(mounted, how, await around.manager());
  const links = await link(options, around, 'absent');
  const isWhole = how.scope === 'files-and-services' && !how.dryRun;
  if (isWhole) await around.clearMountpoints(configuration.mountRoot);
  const warnings = known.map(knownText);
  const uninstalled = result(done, links, how, [...keptText(configuration, mounted), ...warnings]);
  return { ...uninstalled, json: { ...uninstalled.json, known } };
}

interface Linked {
  readonly steps: readonly LinkStep[];
  readonly problems: readonly string[];
}

/** The links that lead to this program, its completion and its manual page. */
async function link(
  { root, dryRun = false }: InstallOptions,
  { command }: InstallSurroundings,
  wanted: 'present' | 'absent',
): Promise<Linked> {
  const dist = dirname(command.at(-1) ?? '');
  const steps = await planLinks(programLinks(resolve(root), dist), wanted);
  return { steps, problems: dryRun ? [] : await takeLinkSteps(steps) };
}

async function prepare(
  command: string,
  options: InstallOptions,
  around: InstallSurroundings,
): Promise<Pick<Usable, 'configuration'> & { readonly config: string | undefined }> {
  const isOwn = resolve(options.root) === '/' && !options.dryRun;
  if (isOwn && !around.isRoot) {
    const message = `Managing system services needs root: run \`sudo holdfast ${command}\`.`;
    throw new VolumeError('failed', message);
  }
  // The service has another working directory.
  const config = options.config === undefined ? undefined : resolve(options.config);
  const { configuration } = usable(await around.load(config));
  return { configuration, config };
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
  { steps: links, problems }: Linked,
  { folder, dryRun }: InstallHow,
  last: readonly string[],
): CommandResult & { readonly json: object } {
  const lines = files.map((step) => fileText(folder, step, dryRun));
  const commands = systemctl.map((words) => `${dryRun ? 'would run' : 'ran'} systemctl ${words.join(' ')}`);
  const nothing = lines.length === 0 ? [`No Holdfast units found in ${folder}.`] : [];
  return {
    json: { dryRun, folder, files, links, systemctl },
    text: [
      ...nothing,
      ...lines,
      ...commands,
      ...links.flatMap((step) => linkText(step, dryRun)),
      ...last,
    ].join('\n'),
    warnings: problems,
  };
}

const verbs: Readonly<Record<FileStep['action'], readonly [string, string]>> = {
  write: ['wrote', 'would write'],
  remove: ['removed', 'would remove'],
  keep: ['unchanged:', 'would not change'],
  refuse: ['refused', 'would refuse'],
};

function fileText(folder: string, step: FileStep, dryRun: boolean): string {
  return `${verbs[step.action][dryRun ? 1 : 0]} ${folder}/${step.name}`;
}

/** At its start, an engine asks the driver of every volume that it knows. */
function knownText({ socket, volumes }: KnownVolumes): string {
  const [first = '', ...more] = volumes;
  const which = more.length > 0 ? `${volumes.length} volumes (${first} …)` : `the volume ${first}`;
  return `warning: the engine on ${socket} still knows ${which}. Without Holdfast, every start of the engine takes up to 15 s longer per volume, and containers that use them do not start. Installing Holdfast again solves this.`;
}

function linkText({ action, path, target }: LinkStep, dryRun: boolean): readonly string[] {
  if (action === 'link') return [`${dryRun ? 'would link' : 'linked'} ${path} to ${target}`];
  if (action === 'unlink') return [`${dryRun ? 'would remove' : 'removed'} ${path}`];
  if (action !== 'leave') return [];
  return [
    `${dryRun ? 'would leave' : 'left'} ${path}, which Holdfast did not create: run ${target} by its path`,
  ];
}

/** Says where the things are that an uninstall keeps. */
function keptText({ stateDir, drivers }: Configuration, mounted: readonly string[]): readonly string[] {
  const places = Array.from(
    drivers,
    ([name, { backend, settings }]) =>
      `${name}: ${settings.needs.directory?.path ?? `in its storage (${backend})`}`,
  );
  return [
    'Kept; delete them or use them again:',
    ...places.map((place) => `  volumes of driver ${place}`),
    `  lists of volumes and the audit log: ${stateDir}`,
    ...mounted.map((mountpoint) => `  still mounted: ${mountpoint}`),
  ];
}
