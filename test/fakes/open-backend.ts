import type * as z from 'zod/mini';
import type { Backend } from '../../src/backends/backend.ts';
import type { BackendDefinition, BackendParts } from '../../src/backends/definition.ts';
import { explainIssue } from '../../src/config/explain-issue.ts';
import { silentLog } from '../../src/core/log.ts';
import { VolumeError } from '../../src/core/volume-error.ts';

type Written = Readonly<Record<string, unknown>>;

/** The inputs that a test sets; the others have defaults. */
export type OpeningInputs = Partial<BackendParts> &
  Pick<BackendParts, 'host'> & { readonly settings?: Written };

/** Opens the backend of a driver. Its settings are parsed as in the configuration. Throws `invalid`. */
export function openBackend(
  definition: BackendDefinition,
  { settings = {}, ...parts }: OpeningInputs,
): Backend {
  const read = definition.readSettings(settings, explainIssue);
  if (read.kind === 'wrong') throw refusal(read.issues);
  return read.settings.open({
    driver: 'holdfast',
    placeOf: (key) => `\`${key}\` below \`drivers.holdfast.settings\` in the configuration`,
    defaults: {},
    profiles: {},
    workDir: '/work',
    witnesses: new Map(),
    log: silentLog,
    audit: () => undefined,
    ...parts,
  });
}

/** The same definition, but `change` is applied to each opened backend. */
export function changedBackend(
  definition: BackendDefinition,
  change: (backend: Backend) => Backend,
): BackendDefinition {
  return {
    ...definition,
    readSettings(written, explain) {
      const read = definition.readSettings(written, explain);
      if (read.kind === 'wrong') return read;
      const { settings } = read;
      return { kind: 'usable', settings: { ...settings, open: (parts) => change(settings.open(parts)) } };
    },
  };
}

/** The parsed settings of a driver. Throws `invalid` with the name of each invalid key. */
export function readSettings<Schema extends z.ZodMiniObject>(
  schema: Schema,
  settings: Written,
): z.infer<Schema> {
  const read = schema.safeParse(settings, { error: explainIssue });
  if (read.success) return read.data;
  throw refusal(read.error.issues);
}

function refusal(issues: readonly z.core.$ZodIssue[]): VolumeError {
  const reasons = issues.map((issue) => {
    const words = issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.join(', ')}` : issue.message;
    return [...issue.path, words].join(': ');
  });
  return new VolumeError('invalid', reasons.join('; '));
}
