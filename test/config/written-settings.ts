import type { BackendDefinition, DriverSettings } from '../../src/backends/backend.ts';
import type { Configuration, DriverConfiguration } from '../../src/config/configuration.ts';
import type { BackendTable } from '../../src/config/lay-environment.ts';

type Written = Readonly<Record<string, unknown>>;

const written = new WeakMap<DriverSettings, Written>();

/** The same backends; `writtenDrivers` returns their drivers' settings. */
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

/** The drivers with the settings that their backends were given to read, the environment overriding the file. */
export function writtenDrivers({ drivers }: Configuration): ReadonlyMap<string, WrittenDriver> {
  return new Map(
    Array.from(drivers, ([name, driver]) => [name, { ...driver, settings: written.get(driver.settings) }]),
  );
}
