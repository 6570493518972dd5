import type { BackendDefinition, DriverSettings } from '../../src/backends/definition.ts';
import type { Configuration, DriverConfiguration } from '../../src/config/configuration.ts';
import type { BackendTable } from '../../src/config/lay-environment.ts';

type Written = Readonly<Record<string, unknown>>;

const written = new WeakMap<DriverSettings, Written>();

/** The same backends, but `writtenDrivers` can return the settings of their drivers. */
export function remembering(backends: BackendTable): BackendTable {
  return Object.fromEntries(
    Object.entries(backends).map(([name, load]) => [name, async () => listening(await load())]),
  );
}

function listening(definition: BackendDefinition): BackendDefinition {
  return {
    ...definition,
    readSettings(settings, explain) {
      const read = definition.readSettings(settings, explain);
      if (read.kind === 'usable') written.set(read.settings, settings);
      return read;
    },
  };
}

interface WrittenDriver extends Omit<DriverConfiguration, 'settings'> {
  readonly settings: Written | undefined;
}

/** The drivers with their settings as passed to the backend: the environment overrides the file. */
export function writtenDrivers({ drivers }: Configuration): ReadonlyMap<string, WrittenDriver> {
  return new Map(
    Array.from(drivers, ([name, driver]) => [name, { ...driver, settings: written.get(driver.settings) }]),
  );
}
