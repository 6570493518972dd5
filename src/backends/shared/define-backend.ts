import * as z from 'zod/mini';
import type { Backend } from '../backend.ts';
import type { BackendDefinition, BackendParts, DriverNeeds, DriverSettings } from '../definition.ts';
import { readConfigured } from './options/complete-options.ts';
import type { OptionTable } from './options/table.ts';

/** The parts of a backend, given by its folder. */
export interface BackendEntry<Schema extends z.ZodMiniObject> {
  /** Its name in the configuration. */
  readonly name: string;
  /** One line for the table of backends. */
  readonly summary: string;
  /** A strict object; each key has a description, which becomes its documentation. */
  readonly settings: Schema;
  readonly options: OptionTable;
  /** Defaults of a managed plugin: each of these settings is the given folder of the plugin's own directory. */
  readonly pluginFolders: Readonly<Record<string, string>>;
  needs(settings: z.infer<Schema>): DriverNeeds;
  /** Whether volumes that are mounted with the settings `before` can be kept under `after`: the same storage, and all allowed. */
  keepsVolumes(before: z.infer<Schema>, after: z.infer<Schema>): boolean;
  /** Makes the backend of a driver. Throws `invalid` for invalid defaults or profiles. No I/O. */
  open(settings: z.infer<Schema>, parts: BackendParts): Backend;
}

/** Reads a driver's settings, once; from here on their type says what was checked. */
export function defineBackend<Schema extends z.ZodMiniObject>(
  entry: BackendEntry<Schema>,
): BackendDefinition {
  const { name, summary, settings, options, pluginFolders } = entry;
  const all = new WeakMap<DriverSettings, z.infer<Schema>>();
  const keep = (made: DriverSettings, data: z.infer<Schema>): DriverSettings => {
    all.set(made, data);
    return made;
  };
  return {
    name,
    summary,
    settings,
    options: options.specs,
    pluginFolders,
    checkOptions: (written) => void readConfigured(options, 'The options', written),
    readSettings(written, explain) {
      const read = settings.safeParse(written, { error: explain, jitless: true });
      if (!read.success) return { kind: 'wrong', issues: read.error.issues };
      return {
        kind: 'usable',
        settings: keep(
          {
            needs: entry.needs(read.data),
            text: () => JSON.stringify(read.data),
            shown: () => ({ ...writtenDefaults(settings), ...Object(written) }),
            keepsVolumesOf(other) {
              const before = all.get(other);
              return before !== undefined && entry.keepsVolumes(before, read.data);
            },
            open: (parts) => entry.open(read.data, parts),
          },
          read.data,
        ),
      };
    },
  };
}

/** `24h`, where the setting's value is a number of milliseconds. */
function writtenDefaults(settings: z.ZodMiniObject): Readonly<Record<string, unknown>> {
  const { properties = {} } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });
  const defaults = Object.entries(properties).map(([name, key]) => [name, Object(key).default]);
  return Object.fromEntries(defaults.filter(([, value]) => value !== undefined));
}
