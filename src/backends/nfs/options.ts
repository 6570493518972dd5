import { createOptionTable } from '../shared/option-table.ts';
import { shareOptionRules } from '../shared/share/share-options.ts';
import { formatAddress, parseAddress } from './export-address.ts';
import { nfsMountOptions } from './mount-options.ts';

export const nfsOptions = createOptionTable(
  shareOptionRules({
    share: {
      aliases: ['device'],
      description:
        "Another export of the driver's `shares`, or a directory of one, which is taken as it is. " +
        "Default: a new directory of the driver's own export.",
      example: 'share=nfs.example:/srv/media/films',
      normalise: (text) => formatAddress(parseAddress(text)),
    },
    mountOptions: {
      aliases: ['nfsopts'],
      description:
        "Options of nfs(5) for a mount of its own, comma-separated. They win over those of the driver's settings.",
      example: 'mountOptions=noatime,actimeo=5',
      normalise: (text) => nfsMountOptions.read(text).join(','),
    },
  }),
);
