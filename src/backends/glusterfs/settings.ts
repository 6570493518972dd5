import * as z from 'zod/mini';
import { VolumeError } from '../../core/volume-error.ts';
import { mountOptionList, nameOf } from '../shared/network-share/mount-options.ts';
import { removalSettings, understood } from '../shared/options/settings.ts';
import { pathValue } from '../shared/options/values.ts';
import { glusterServer, glusterVolumeName, parseAddress } from './address.ts';
import { glusterfsMountOptions } from './mount-options.ts';

export const glusterfsSettings = z.strictObject({
  servers: z
    .array(understood(glusterServer))
    .check(
      z.minLength(1, 'name at least one server'),
      z.describe('The servers of the cluster, by name or address. They are tried in this order.'),
    ),
  volume: understood(glusterVolumeName).check(
    z.describe(
      "The Gluster volume, as `gluster volume list` shows it. It contains the driver's volumes and their registry.",
    ),
  ),
  shares: z
    ._default(z.array(understood(wholeVolume)), [])
    .check(
      z.describe(
        'Other Gluster volumes, as `server:volume`, that a volume may name with the option `share`. None by default.',
      ),
    ),
  mountOptions: z
    ._default(z.pipe(mountOptionList, understood(driverMountOptions)), [])
    .check(
      z.describe(
        'Options of mount.glusterfs(8) for every mount of the driver, as a list or with commas, such as `acl,lru-limit=100000`.',
      ),
    ),
  logLevel: z
    ._default(z.enum(['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'NONE']), 'WARNING')
    .check(
      z.describe(
        'The log level of the FUSE clients: `TRACE`, `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL` or `NONE`.',
      ),
    ),
  logDir: z
    ._default(understood(logDirectory), '/var/log/glusterfs')
    .check(
      z.describe(
        'The directory for the logs of the FUSE clients, one `holdfast-….log` each. Created if missing.',
      ),
    ),
  ...removalSettings,
});

export type GlusterfsSettings = z.infer<typeof glusterfsSettings>;

function wholeVolume(text: string): { readonly servers: readonly string[]; readonly volume: string } {
  const { servers, volume, directory } = parseAddress(text);
  if (directory === '') return { servers, volume };
  throw new VolumeError(
    'invalid',
    `"${text}" names a directory: name the whole Gluster volume, server:volume.`,
  );
}

/**
 * The most seconds, which are GlusterFS's defaults: what another host removed or replaced is seen within one (`clientMemory`), and what it
 * created at once.
 */
const longest: ReadonlyMap<string, number> = new Map([
  ['entry-timeout', 1],
  ['attribute-timeout', 1],
  ['negative-timeout', 0],
]);

function driverMountOptions(text: string): readonly string[] {
  const options = glusterfsMountOptions.read(text);
  const most = (option: string) => longest.get(nameOf(option)) ?? Number.POSITIVE_INFINITY;
  const long = options.find((option) => Number(option.slice(option.indexOf('=') + 1)) > most(option));
  if (long === undefined) return options;
  throw new VolumeError(
    'invalid',
    `"${long}" would keep this host from seeing what others create and remove: write at most ${most(long)}, or \`defaults: { mountOptions: ${long} }\` for the driver, which gives each volume a mount of its own.`,
  );
}

/** mount.glusterfs splits its arguments at spaces, and its options at commas. */
function logDirectory(text: string): string {
  const path = pathValue(text);
  if (/^[\w./@+-]+$/.test(path)) return path;
  throw new VolumeError(
    'invalid',
    `"${text}" cannot be handed to mount.glusterfs: use letters, digits and "._@+-".`,
  );
}
