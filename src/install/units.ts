import { dirname } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import { VolumeError } from '../core/volume-error.ts';
import { sealed, type UnitFile } from './unit-file.ts';

export interface UnitParts {
  readonly configuration: Configuration;
  /** The program and its first arguments, as absolute paths: a service does not have the user's PATH. */
  readonly command: readonly string[];
  /** The configuration file, unless it is the default one. */
  readonly config?: string | undefined;
}

export const serviceName = 'holdfast.service';

function socketName(driver: string): string {
  return `holdfast-${driver}.socket`;
}

/** Whether a unit file has a name of Holdfast's units. */
export function isUnitName(name: string): boolean {
  return name === serviceName || /^holdfast-.+\.socket$/.test(name);
}

/** The service, and a socket for each driver: the sockets exist before the daemon runs and while it restarts. */
export function unitsFor(parts: UnitParts): readonly UnitFile[] {
  const { configuration } = parts;
  const drivers = [...configuration.drivers.keys(), ...configuration.joints.keys()];
  const sockets = drivers.map((driver) => socketUnit(driver, configuration.socketDir));
  return [serviceUnit(parts, drivers.map(socketName)), ...sockets];
}

/**
 * No line may create a mount namespace: the engine would not see the mounts. docs/install.md gives the reason for each
 * line.
 */
function serviceUnit(parts: UnitParts, sockets: readonly string[]): UnitFile {
  const { configuration, command, config } = parts;
  const words = [...command, 'serve', ...(config === undefined ? [] : ['--config', config])];
  const reload = [...command, 'reload', '--socket', configuration.adminSocket];
  const lines = [
    '[Unit]',
    'Description=Holdfast, volumes for containers',
    'Before=docker.service',
    `RequiresMountsFor=${localPaths(configuration).map(word).join(' ')}`,
    ...(usesNetwork(configuration) ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    'StartLimitIntervalSec=60',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=notify',
    `ExecStart=${words.map(commandWord).join(' ')}`,
    `ExecReload=${reload.map(commandWord).join(' ')}`,
    `Sockets=${sockets.join(' ')}`,
    'Restart=on-failure',
    'RestartSec=1',
    'TimeoutStopSec=30',
    'WatchdogSec=60',
    'KillMode=process',
    'LimitNOFILE=1048576',
    ...runtimeDirectory(configuration),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ];
  return sealed(serviceName, lines.join('\n'));
}

function socketUnit(driver: string, socketDir: string): UnitFile {
  const lines = [
    '[Unit]',
    `Description=The volume driver ${driver}`,
    'Before=docker.service',
    '',
    '[Socket]',
    `ListenStream=${line(`${socketDir}/${driver}.sock`)}`,
    `FileDescriptorName=${driver}`,
    `Service=${serviceName}`,
    'SocketMode=0600',
    'RemoveOnStop=yes',
    '',
    '[Install]',
    'WantedBy=sockets.target',
    '',
  ];
  return sealed(socketName(driver), lines.join('\n'));
}

/** The daemon makes the mount root a mount itself, so the unit requires the parent's file system. */
function localPaths({ mountRoot, stateDir, drivers }: Configuration): readonly string[] {
  const needs = [...drivers.values()].map(({ settings }) => settings.needs);
  const own = needs.flatMap(({ directory }) => directory?.path ?? []);
  return [...new Set([dirname(mountRoot), stateDir, ...own, ...needs.flatMap(({ mounts }) => mounts)])];
}

function usesNetwork({ drivers }: Configuration): boolean {
  return [...drivers.values()].some(({ settings }) => settings.needs.network);
}

/** Preserved, as systemd would delete it at each stop, with the ledger of holders. systemd creates such folders only below /run. */
function runtimeDirectory({ runtimeDir }: Configuration): readonly string[] {
  const [, name] = /^\/run\/(.+)$/.exec(runtimeDir) ?? [];
  return name === undefined
    ? []
    : [`RuntimeDirectory=${word(name)}`, 'RuntimeDirectoryMode=0700', 'RuntimeDirectoryPreserve=yes'];
}

/** See systemd.service(5): only in command lines does "$" begin a variable. */
function commandWord(text: string): string {
  return word(text).replaceAll('$', '$$$$');
}

function word(text: string): string {
  const escaped = line(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w./@:,+=%-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** See systemd.unit(5): "%" begins a specifier everywhere. */
function line(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check is for control characters
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text.replaceAll('%', '%%');
  throw new VolumeError(
    'invalid',
    `The path ${JSON.stringify(text)} contains control characters, which a unit file cannot hold: use another path.`,
  );
}
