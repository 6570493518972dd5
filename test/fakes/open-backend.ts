import type { z } from 'zod';
import type { Backend, BackendDefinition, BackendParts } from '../../src/backends/backend.ts';
import { explainIssue } from '../../src/config/explain-issue.ts';
import { silentLog } from '../../src/core/log.ts';
import { VolumeError } from '../../src/core/volume-error.ts';

type Written = Readonly<Record<string, unknown>>;

/** What a test says of its driver; the rest is as usual. */
export type OpeningInputs = Partial<BackendParts> &
  Pick<BackendParts, 'host'> & { readonly settings?: Written };

/** The backend of a driver, its settings read as the configuration reads them. Throws `invalid`. */
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

/** A definition whose backends are changed once they are open. */
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

/** The values of a driver's settings. Throws `invalid`, naming each key that does not fit. */
export function readSettings<Schema extends z.ZodObject>(schema: Schema, settings: Written): z.infer<Schema> {
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
