import { claimedBy } from '../shared/network-share/mount-options.ts';
import { shareOptionRules, sizesRecorded } from '../shared/network-share/options.ts';
import { createOptionTable } from '../shared/options/table.ts';
import { formatAddress, parseAddress } from './export-address.ts';
import { readNfsForm } from './local-form.ts';
import { nfsMountOptions } from './mount-options.ts';

export const nfsOptions = createOptionTable(
  shareOptionRules({
    share: {
      aliases: ['device'],
      description:
        "Another export of the driver's `shares`, or a directory of one, which is used as it is. " +
        "Default: a new directory of the driver's own export.",
      example: 'share=nfs.example:/srv/media/films',
      normalise: (text) => formatAddress(parseAddress(text)),
    },
    mountOptions: {
      aliases: ['nfsopts'],
      description:
        "Options of nfs(5) for a separate mount, comma-separated. They override those of the driver's settings.",
      example: 'mountOptions=noatime,actimeo=5',
      normalise: (text) => nfsMountOptions.read(text).join(','),
      claims: claimedBy(nfsMountOptions),
    },
    size: sizesRecorded,
  }),
  readNfsForm,
);
