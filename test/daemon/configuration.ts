import { localBackend } from '../../src/backends/local/definition.ts';
import type { Configuration, DriverConfiguration } from '../../src/config/configuration.ts';
import { explainIssue } from '../../src/config/explain-issue.ts';
import type { Options } from '../../src/core/volume.ts';

/** A driver with the local backend, as the configuration has it. */
export function localDriver(
  settings: Readonly<Record<string, unknown>>,
  defaults: Options = {},
): DriverConfiguration {
  const read = localBackend.readSettings(settings, explainIssue);
  if (read.kind === 'wrong') throw new Error(JSON.stringify(read.issues));
  return { backend: 'local', settings: read.settings, defaults, profiles: {} };
}

/** A configuration without drivers; `more` has what differs. */
export function configurationWith(more: Partial<Configuration>): Configuration {
  return {
    mountRoot: '/mnt',
    stateDir: '/state',
    runtimeDir: '/run',
    socketDir: '/sockets',
    adminSocket: '/admin.sock',
    log: { level: 'info', format: 'json' },
    grace: 600_000,
    drivers: new Map(),
    joints: new Map(),
    witnesses: new Map(),
    repositories: new Map(),
    backups: new Map(),
    ...more,
  };
}
