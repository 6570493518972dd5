import { backupSchema, repositorySchema } from './schema/backups.ts';
import { configurationSchema } from './schema/daemon.ts';
import { driverSchema } from './schema/driver.ts';
import { jointSchema } from './schema/joint.ts';
import { type SchemaKey, schemaKeys } from './schema/keys.ts';
import { witnessSchema } from './schema/witnesses.ts';
import { variableName } from './variables.ts';

/** A key of the configuration as docs/reference/configuration.md lists it. */
export interface ConfigurationKey extends SchemaKey {
  /** "drivers.<name>.backend" */
  readonly key: string;
  /** The environment variable over it; maps have none of their own. */
  readonly variable: string | undefined;
}

/** Every key but those that a backend declares: `schemaKeys(definition.settings)` lists them. */
export function configurationKeys(): readonly ConfigurationKey[] {
  return [
    ...schemaKeys(configurationSchema),
    ...[...schemaKeys(driverSchema), ...schemaKeys(jointSchema)].map((key) => ({
      ...key,
      path: ['drivers', '<name>', ...key.path],
    })),
    ...schemaKeys(witnessSchema()).map((key) => ({ ...key, path: ['witnesses', '<name>', ...key.path] })),
    ...schemaKeys(repositorySchema()).map((key) => ({
      ...key,
      path: ['repositories', '<name>', ...key.path],
    })),
    ...schemaKeys(backupSchema()).map((key) => ({ ...key, path: ['backups', '<name>', ...key.path] })),
  ].map((key) => ({
    ...key,
    key: key.path.join('.'),
    variable: key.kind === 'map' ? undefined : variableName(key.path).replace('__NAME__', '_<NAME>_'),
  }));
}
