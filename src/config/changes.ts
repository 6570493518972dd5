import type { DriverName } from '../core/names.ts';
import type { Configuration, DriverConfiguration } from './configuration.ts';

export interface Changes {
  /** Those with storage of their own. */
  readonly drivers: NamedChanges;
  readonly joints: NamedChanges;
  /** What a running daemon cannot take up, in words. */
  readonly needRestart: readonly string[];
}

interface NamedChanges {
  readonly added: readonly DriverName[];
  readonly changed: readonly DriverName[];
  readonly removed: readonly DriverName[];
}

/** What a new configuration changes of the one that a daemon runs with. */
export function configurationChanges(before: Configuration, after: Configuration): Changes {
  return {
    drivers: compared(before.drivers, after.drivers, driverText),
    joints: compared(before.joints, after.joints, textOf),
    needRestart: [
      ...settingsChanged(before, after),
      ...kindsChanged(before, after),
      ...endpointsChanged(before, after),
    ],
  };
}

function compared<T>(
  before: ReadonlyMap<DriverName, T>,
  after: ReadonlyMap<DriverName, T>,
  text: (one: T) => string,
): NamedChanges {
  const isChanged = (name: DriverName, one: T): boolean => {
    const other = after.get(name);
    return other !== undefined && text(one) !== text(other);
  };
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    changed: [...before].flatMap(([name, one]) => (isChanged(name, one) ? [name] : [])),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}

/** A name whose volumes would have to change owners. */
function kindsChanged(before: Configuration, after: Configuration): readonly string[] {
  return [
    ...[...before.drivers.keys()].filter((name) => after.joints.has(name)),
    ...[...before.joints.keys()].filter((name) => after.drivers.has(name)),
  ].map((name) => `driver ${name} has members now, or has them no longer`);
}

/** An orchestrator knows its plugin by the endpoint. */
function endpointsChanged(before: Configuration, after: Configuration): readonly string[] {
  return [...before.drivers].flatMap(([name, { csi }]) => {
    const other = after.drivers.get(name);
    return other === undefined || textOf(csi) === textOf(other.csi)
      ? []
      : [`csi of driver ${name} has changed`];
  });
}

/** All that is not a driver: paths, sockets, witnesses and the like. `file` says only where it was read. */
function settingsChanged(before: Configuration, after: Configuration): readonly string[] {
  const [then, now] = [before, after].map(
    (configuration) => new Map<string, unknown>(Object.entries(configuration)),
  );
  const keys = new Set([...(then?.keys() ?? []), ...(now?.keys() ?? [])]);
  for (const key of ['drivers', 'joints', 'file']) keys.delete(key);
  return [...keys]
    .filter((key) => textOf(then?.get(key)) !== textOf(now?.get(key)))
    .map((key) => `${key === 'adminTcp' ? 'admin' : key} has changed`);
}

function driverText({ backend, settings, defaults, profiles }: DriverConfiguration): string {
  return textOf([backend, settings.text(), defaults, profiles]);
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? [...one] : one)) ?? '';
}
