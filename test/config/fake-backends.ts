import * as z from 'zod/mini';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import type { BackendTable } from '../../src/config/lay-environment.ts';
import type { Options } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';

function definition(name: string, settings: z.ZodMiniObject): BackendDefinition {
  return {
    name,
    summary: `the ${name} backend of a test`,
    settings,
    options: [
      { name: 'size', aliases: [], description: 'How large.', example: '10GiB' },
      { name: 'fsType', aliases: ['fs-type'], description: 'Which file system.', example: 'xfs' },
      { name: 'mode', aliases: [], description: 'Access.', example: '0750' },
      { name: 'readOnly', aliases: [], description: 'No writes.', example: 'true' },
    ],
    pluginFolders: {},
    checkOptions,
    readSettings(written, error) {
      const read = settings.safeParse(written, { error });
      if (!read.success) return { kind: 'wrong', issues: read.error.issues };
      const { root } = read.data;
      const directory = typeof root === 'string' ? { directory: { setting: 'root', path: root } } : {};
      const needs = { ...directory, mounts: [], network: false };
      return {
        kind: 'usable',
        settings: {
          needs,
          text: () => JSON.stringify(read.data),
          shown: () => ({}),
          keepsVolumesOf: () => false,
          open: notOpened,
        },
      };
    },
  };
}

function notOpened(): never {
  throw new Error('no test of the configuration makes a backend');
}

function checkOptions(options: Options): void {
  for (const [name, value] of Object.entries(options)) {
    if (!['size', 'fsType', 'fs-type', 'mode', 'readOnly'].includes(name)) {
      throw new VolumeError('invalid', `there is no option "${name}"`);
    }
    if (name === 'mode' && !/^[0-7]{3,4}$/.test(value)) {
      throw new VolumeError('invalid', `the mode "${value}" is not octal`);
    }
  }
}

/** Two backends that store nothing: one all of whose settings have defaults, one with a required one. */
export const fakeBackends: BackendTable = {
  local: async () =>
    definition(
      'local',
      z.strictObject({
        root: z._default(z.string(), '/var/lib/holdfast/volumes').check(z.describe('Where volumes are.')),
        allowedRoots: z._default(z.array(z.string()), []).check(z.describe('Where paths may be.')),
        onRemove: z
          ._default(z.enum(['trash', 'delete', 'retain']), 'trash')
          .check(z.describe('What happens.')),
      }),
    ),
  nfs: async () =>
    definition(
      'nfs',
      z.strictObject({
        server: z.string().check(z.describe('The server.')),
        port: z._default(z.int().check(z.minimum(1), z.maximum(65535)), 2049).check(z.describe('Its port.')),
        secure: z._default(z.boolean(), true).check(z.describe('Whether.')),
      }),
    ),
};
