import * as z from 'zod/mini';
import { ownPath } from './fields.ts';

/** The form of a domain name, as the specification wants it. */
const pluginName = /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/;

/** What stands below `drivers.<name>.csi`. */
export const csiSchema = z.strictObject({
  endpoint: z
    .pipe(
      z.pipe(
        z
          .string()
          .check(z.regex(/^unix:\/\/\/./, 'must be the path of a Unix socket, such as unix:///csi/csi.sock')),
        z.transform((endpoint) => endpoint.slice('unix://'.length)),
      ),
      ownPath,
    )
    .check(
      z.describe(
        'The socket of the Container Storage Interface: `unix:///csi/csi.sock`. By default there is none.',
      ),
    ),
  name: z
    .string()
    .check(
      z.regex(pluginName, 'must be a name in the form of a domain name, such as nfs.csi.example.com'),
      z.describe("The plugin's name, by which orchestrators know it; needed with `csi.endpoint`."),
    ),
  mode: z
    ._default(z.enum(['controller', 'node', 'all']), 'all')
    .check(
      z.describe(
        'Which services it has: `controller` creates and removes volumes, `node` mounts them on this host.',
      ),
    ),
  nodeId: z
    .optional(
      z
        .string()
        .check(
          z.regex(
            /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,251}[a-zA-Z0-9])?$/,
            'must be a name of letters, digits and `._-`',
          ),
        ),
    )
    .check(z.describe('How the orchestrator names this host. By default its host name.')),
  staging: z
    ._default(z.boolean(), true)
    .check(
      z.describe(
        'Whether the orchestrator stages volumes: mounts them on a host before it publishes them to containers. With `false`, publishing mounts a volume, and the end of its last publication unmounts it: for an orchestrator that never unstages, as Swarm.',
      ),
    ),
});
