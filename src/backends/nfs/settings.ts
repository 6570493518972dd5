import * as z from 'zod/mini';
import { VolumeError } from '../../core/volume-error.ts';
import { mountOptionList } from '../shared/network-share/mount-options.ts';
import { serverName } from '../shared/network-share/server/name.ts';
import { removalSettings, understood } from '../shared/options/settings.ts';
import { exportPath, parseAddress } from './export-address.ts';
import { securities } from './known-mount-options.ts';
import { nfsMountOptions, placeOf } from './mount-options.ts';
import { type NfsVersion, nfsVersion } from './version.ts';

export const nfsSettings = z.strictObject({
  server: understood(serverName).check(
    z.describe(
      'The NFS server: a name, an IPv4 address, or an IPv6 address in brackets. Names are resolved at each mount.',
    ),
  ),
  export: understood(exportPath).check(
    z.describe(
      "The exported directory, in the form for mount(8). It contains the driver's volumes and their registry.",
    ),
  ),
  version: z
    ._default(
      z.pipe(
        z.pipe(z.union([z.string(), z.number()], 'must be a version of NFS'), z.transform(String)),
        understood(nfsVersion) satisfies z.ZodMiniType<NfsVersion>,
      ),
      '4.2',
    )
    .check(
      z.describe(
        '`4.2` uses the newest of 4.2, 4.1 and 4.0 that the server supports; `4.1`, `4.0` and `3` use only that version. In quotes.',
      ),
    ),
  sec: z
    .optional(z.enum(securities))
    .check(
      z.describe('`sys`, `krb5`, `krb5i`, `krb5p` or `none`. By default, client and server negotiate it.'),
    ),
  mountOptions: z
    ._default(z.pipe(mountOptionList, understood(driverMountOptions)), [])
    .check(
      z.describe(
        'Options of nfs(5) for every mount of the driver, as a list or with commas, such as `noatime,nconnect=4`.',
      ),
    ),
  shares: z
    ._default(z.array(understood(parseAddress)), [])
    .check(
      z.describe(
        'Other exports, as `server:/export`, that a volume may name with the option `share`. None by default.',
      ),
    ),
  ...removalSettings,
});

export type NfsSettings = z.infer<typeof nfsSettings>;

function driverMountOptions(text: string): readonly string[] {
  const options = nfsMountOptions.read(text);
  if (options.includes('nocto')) {
    throw new VolumeError(
      'invalid',
      '"nocto" would keep this host from seeing what others create and remove: write `defaults: { mountOptions: nocto }` for the driver, which gives each volume a mount of its own.',
    );
  }
  const own = options.find((option) => ['vers', 'sec'].includes(placeOf(option)));
  if (own === undefined) return options;
  const setting = own.startsWith('vers=') ? 'version' : 'sec';
  throw new VolumeError('invalid', `"${own}" has a setting of its own: write it as \`${setting}\`.`);
}
