import type { Configuration } from './configuration.ts';
import { type Places, type Problem, valueProblem } from './problem.ts';
import type { KeyPath } from './tree.ts';

/** What the address of a socket holds (unix(7)), less the ".new" it has while it is made. */
const longestSocketPath = 107 - '.new'.length;

/** Directories and sockets that cannot be beside each other. `roots`: where drivers keep volumes on this host. */
export function pathProblems(
  configuration: Configuration,
  roots: ReadonlyMap<string, string>,
  places: Places,
): readonly Problem[] {
  return [
    ...ownPaths(configuration, places),
    ...socketLengths(configuration, places),
    ...[...roots].flatMap(([driver, root]) => rootProblems(configuration, driver, root, places)),
    ...sharedRoots(roots, places),
  ];
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
  ];
  return sockets
    .filter(([, path]) => Buffer.byteLength(path) > longestSocketPath)
    .map(([key, path]) => {
      const message = `the socket's path ${path} is ${Buffer.byteLength(path)} bytes long: use at most ${longestSocketPath}`;
      return valueProblem(places, key, message);
    });
}

function rootProblems(
  configuration: Configuration,
  driver: string,
  root: string,
  places: Places,
): readonly Problem[] {
  const { mountRoot, stateDir, runtimeDir } = configuration;
  const own = { mountRoot, stateDir, runtimeDir };
  const key = ['drivers', driver, 'settings', 'root'];
  return Object.entries(own)
    .filter(([, path]) => isWithin(path, root) || isWithin(root, path))
    .map(([name, path]) =>
      valueProblem(places, key, `${root} and ${name} (${path}) lie in one another: keep them apart`),
    );
}

/** Each driver has queues of its own: on one root they would work on one volume at once. */
function sharedRoots(roots: ReadonlyMap<string, string>, places: Places): readonly Problem[] {
  return [...roots].flatMap(([driver, root], index) =>
    [...roots]
      .slice(0, index)
      .filter(([, other]) => isWithin(root, other) || isWithin(other, root))
      .map(([name, other]) => {
        const message = `${root} and the root of driver ${name} (${other}) lie in one another: give each driver its own`;
        return valueProblem(places, ['drivers', driver, 'settings', 'root'], message);
      }),
  );
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
