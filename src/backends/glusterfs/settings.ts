import { z } from 'zod';
import { VolumeError } from '../../core/volume-error.ts';
import { pathValue } from '../shared/option-values.ts';
import { removalSettings, understood } from '../shared/settings.ts';
import { mountOptionList } from '../shared/share/mount-option-list.ts';
import { glusterServer, glusterVolumeName, parseAddress } from './gluster-address.ts';
import { glusterfsMountOptions } from './mount-options.ts';

export const glusterfsSettings = z.strictObject({
  servers: z
    .array(understood(glusterServer))
    .min(1, 'name at least one server')
    .describe(
      'The servers of the cluster, by name or address. The first is asked first, the others when it does not answer.',
    ),
  volume: understood(glusterVolumeName).describe(
    "The Gluster volume, as `gluster volume list` shows it. It holds the driver's volumes and their registry.",
  ),
  shares: z
    .array(understood(wholeVolume))
    .default([])
    .describe(
      'Other Gluster volumes, as `server:volume`, that a volume may name by `-o share=…`. None by default.',
    ),
  mountOptions: mountOptionList
    .pipe(understood(glusterfsMountOptions.read))
    .default([])
    .describe(
      'Options of mount.glusterfs(8) for every mount of the driver, as a list or with commas, such as `acl,lru-limit=100000`.',
    ),
  logLevel: z
    .enum(['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'NONE'])
    .default('WARNING')
    .describe(
      'How much the FUSE clients write into their logs: `TRACE`, `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL` or `NONE`.',
    ),
  logDir: understood(logDirectory)
    .default('/var/log/glusterfs')
    .describe('Where each FUSE client has a log of its own, `holdfast-….log`. Created when absent.'),
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

/** mount.glusterfs takes its words apart at blanks, and its options at commas. */
function logDirectory(text: string): string {
  const path = pathValue(text);
  if (/^[\w./@+-]+$/.test(path)) return path;
  throw new VolumeError(
    'invalid',
    `"${text}" cannot be handed to mount.glusterfs: use letters, digits and "._@+-".`,
  );
}
