import { dirname } from 'node:path';
import type { Configuration } from '../config/configuration.ts';
import { VolumeError } from '../core/volume-error.ts';
import { sealed, type UnitFile } from './unit-file.ts';

export interface UnitParts {
  readonly configuration: Configuration;
  /** Where drivers keep their volumes on this host. */
  readonly roots: ReadonlyMap<string, string>;
  /** The program and its first arguments, as absolute paths: a service has no PATH of yours. */
  readonly command: readonly string[];
  /** The configuration file, when it is not the usual one. */
  readonly config?: string | undefined;
}

export const serviceName = 'holdfast.service';

function socketName(driver: string): string {
  return `holdfast-${driver}.socket`;
}

/** Whether a file among systemd's could be of Holdfast. */
export function isUnitName(name: string): boolean {
  return name === serviceName || /^holdfast-.+\.socket$/.test(name);
}

/** The service and a socket for each driver: the sockets are there before the daemon, and while it restarts. */
export function unitsFor(parts: UnitParts): readonly UnitFile[] {
  const { configuration } = parts;
  const drivers = [...configuration.drivers.keys(), ...configuration.joints.keys()];
  const sockets = drivers.map((driver) => socketUnit(driver, configuration.socketDir));
  return [serviceUnit(parts, drivers.map(socketName)), ...sockets];
}

/**
 * Nothing here may make a mount namespace: the engine would not see the mounts. docs/install.md says why each line is as
 * it is.
 */
function serviceUnit(parts: UnitParts, sockets: readonly string[]): UnitFile {
  const { configuration, command, config } = parts;
  const words = [...command, 'serve', ...(config === undefined ? [] : ['--config', config])];
  const lines = [
    '[Unit]',
    'Description=Holdfast, volumes for containers',
    'Before=docker.service',
    `RequiresMountsFor=${localPaths(parts).map(word).join(' ')}`,
    ...(usesNetwork(configuration) ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    'StartLimitIntervalSec=60',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${words.map(commandWord).join(' ')}`,
    `Sockets=${sockets.join(' ')}`,
    'Restart=on-failure',
    'RestartSec=1',
    'TimeoutStopSec=30',
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

/** The mount root becomes a mount of the daemon's own: what is asked for is the disk it lies on. */
function localPaths({ configuration: { mountRoot, stateDir }, roots }: UnitParts): readonly string[] {
  return [...new Set([dirname(mountRoot), stateDir, ...roots.values()])];
}

function usesNetwork({ drivers }: Configuration): boolean {
  return [...drivers.values()].some(({ backend }) => backend !== 'local');
}

/** systemd would delete it at each stop, and with it who holds what. It makes them below /run only. */
function runtimeDirectory({ runtimeDir }: Configuration): readonly string[] {
  const [, name] = /^\/run\/(.+)$/.exec(runtimeDir) ?? [];
  return name === undefined ? [] : [`RuntimeDirectory=${word(name)}`, 'RuntimeDirectoryPreserve=yes'];
}

/** See systemd.service(5): "$" begins a variable in a command line alone. */
function commandWord(text: string): string {
  return word(text).replaceAll('$', '$$$$');
}

function word(text: string): string {
  const escaped = line(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w./@:,+=%-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** See systemd.unit(5): "%" begins a specifier everywhere. */
function line(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text.replaceAll('%', '%%');
  throw new VolumeError(
    'invalid',
    `The path ${JSON.stringify(text)} cannot stand in a unit file: use one without control characters.`,
  );
}
