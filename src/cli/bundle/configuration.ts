import type { LoadedConfiguration } from '../../config/load-configuration.ts';

/** The configuration as plain data; if it cannot be used, its problems. */
export function plainConfiguration(loaded: LoadedConfiguration): object {
  if (loaded.kind === 'unusable') return { usable: false, problems: loaded.problems };
  const { file, warnings, configuration } = loaded;
  const { drivers, joints, witnesses, repositories, backups, ...rest } = configuration;
  const shown = Array.from(drivers, ([name, { settings, ...driver }]) => [
    name,
    { ...driver, settings: settings.shown() },
  ]);
  return {
    usable: true,
    ...(file === undefined ? {} : { file }),
    warnings,
    configuration: {
      ...rest,
      drivers: Object.fromEntries(shown),
      joints: Object.fromEntries(joints),
      witnesses: Object.fromEntries(witnesses),
      repositories: Object.fromEntries(repositories),
      backups: Object.fromEntries(backups),
    },
  };
}
