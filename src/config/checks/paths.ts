import { isWithin, overlap } from '../../core/paths.ts';
import type { Configuration } from '../configuration.ts';
import { type Places, type Problem, valueProblem } from '../problem.ts';
import type { KeyPath } from '../tree.ts';

/** What the address of a socket holds (unix(7)), less the ".new" it has while it is made. */
const longestSocketPath = 107 - '.new'.length;

/** Directories and sockets that cannot be beside each other. */
export function pathProblems(configuration: Configuration, places: Places): readonly Problem[] {
  const own = ownDirectories(configuration);
  return [
    ...ownPaths(configuration, places),
    ...socketLengths(configuration, places),
    ...endpointProblems(configuration, places),
    ...own.flatMap((directory) => besideDaemon(configuration, directory, places)),
    ...own.flatMap((directory, index) => besideDrivers(own.slice(0, index), directory, places)),
  ];
}

/** A directory that is a driver's alone, and the setting that names it. */
interface OwnDirectory {
  readonly driver: string;
  readonly setting: string;
  readonly path: string;
}

function ownDirectories({ drivers }: Configuration): readonly OwnDirectory[] {
  return [...drivers].flatMap(([driver, { settings }]) => {
    const { directory } = settings.needs;
    return directory === undefined ? [] : [{ driver, ...directory }];
  });
}

function ownPaths(configuration: Configuration, places: Places): readonly Problem[] {
  const { mountRoot, stateDir, runtimeDir, socketDir, adminSocket } = configuration;
  const problems: Problem[] = [];
  if (isWithin(adminSocket, socketDir)) {
    const message = `${adminSocket} lies below socketDir (${socketDir}), where Docker takes every socket for a driver: put it elsewhere`;
    problems.push(valueProblem(places, ['adminSocket'], message));
  }
  for (const [key, path] of Object.entries({ stateDir, runtimeDir, socketDir, adminSocket })) {
    if (!isWithin(path, mountRoot)) continue;
    const message = `${path} lies below mountRoot (${mountRoot}), where only volumes are mounted: put it elsewhere`;
    problems.push(valueProblem(places, [key], message));
  }
  return problems;
}

function socketLengths(configuration: Configuration, places: Places): readonly Problem[] {
  const { socketDir, adminSocket, drivers, joints } = configuration;
  const sockets: readonly (readonly [KeyPath, string])[] = [
    [['adminSocket'], adminSocket],
    ...[...drivers.keys(), ...joints.keys()].map(
      (name) => [['drivers', name], `${socketDir}/${name}.sock`] as const,
    ),
    ...[...drivers].flatMap(([name, { csi }]) =>
      csi === undefined ? [] : [[['drivers', name, 'csi', 'endpoint'], csi.endpoint] as const],
    ),
  ];
  return sockets
    .filter(([, path]) => Buffer.byteLength(path) > longestSocketPath)
    .map(([key, path]) => {
      const message = `the socket's path ${path} is ${Buffer.byteLength(path)} bytes long: use at most ${longestSocketPath}`;
      return valueProblem(places, key, message);
    });
}

/** The sockets of the Container Storage Interface: each one's own, and nowhere that something else looks at. */
function endpointProblems(
  { drivers, mountRoot, socketDir, adminSocket }: Configuration,
  places: Places,
): readonly Problem[] {
  const taken = new Map([[adminSocket, 'adminSocket']]);
  return [...drivers].flatMap(([driver, { csi }]) => {
    if (csi === undefined) return [];
    const { endpoint } = csi;
    const other = taken.get(endpoint);
    taken.set(endpoint, `the endpoint of driver ${driver}`);
    const wrong = [
      ...(other === undefined ? [] : [`${endpoint} is ${other} as well: give each its own`]),
      ...(isWithin(endpoint, mountRoot)
        ? [
            `${endpoint} lies below mountRoot (${mountRoot}), where only volumes are mounted: put it elsewhere`,
          ]
        : []),
      ...(isWithin(endpoint, socketDir)
        ? [
            `${endpoint} lies below socketDir (${socketDir}), where Docker takes every socket for a driver: put it elsewhere`,
          ]
        : []),
    ];
    return wrong.map((message) => valueProblem(places, ['drivers', driver, 'csi', 'endpoint'], message));
  });
}

function besideDaemon(
  { mountRoot, stateDir, runtimeDir }: Configuration,
  { driver, setting, path }: OwnDirectory,
  places: Places,
): readonly Problem[] {
  return Object.entries({ mountRoot, stateDir, runtimeDir })
    .filter(([, daemons]) => overlap(path, daemons))
    .map(([name, daemons]) => {
      const message = `${path} and ${name} (${daemons}) overlap: keep them apart`;
      return valueProblem(places, ['drivers', driver, 'settings', setting], message);
    });
}

/** Each driver has queues of its own: on one directory they would work on one volume at once. */
function besideDrivers(
  others: readonly OwnDirectory[],
  { driver, setting, path }: OwnDirectory,
  places: Places,
): readonly Problem[] {
  return others
    .filter((other) => overlap(path, other.path))
    .map((other) => {
      const message = `${path} and the ${other.setting} of driver ${other.driver} (${other.path}) overlap: give each driver its own`;
      return valueProblem(places, ['drivers', driver, 'settings', setting], message);
    });
}
