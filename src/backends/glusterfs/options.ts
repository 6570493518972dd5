import { VolumeError } from '../../core/volume-error.ts';
import { claimedBy } from '../shared/network-share/mount-options.ts';
import { shareOptionRules } from '../shared/network-share/options.ts';
import { createOptionTable, type OptionRule, type OptionTable } from '../shared/options/table.ts';
import { formatAddress, glusterServer, parseAddress } from './address.ts';
import { mountOptionsOrWords } from './glusteropts.ts';
import { readGlusterForm } from './local-form.ts';
import { glusterfsMountOptions } from './mount-options.ts';

/** The options of `-o`, independent of a driver's settings. */
export const glusterfsOptions: OptionTable = createOptionTable(
  rules(() => undefined),
  readGlusterForm,
);

/** The same for a driver with these servers: `servers` may only name them. */
export function optionsWithServers(known: readonly string[], setting: string): OptionTable {
  return createOptionTable(
    rules((server) => {
      if (known.includes(server)) return;
      throw new VolumeError(
        'invalid',
        `${server} is not one of the driver's servers (${known.join(', ')}): add it to ${setting}, or leave the option out.`,
      );
    }),
    readGlusterForm,
  );
}

function rules(checkServer: (server: string) => void): readonly OptionRule[] {
  return [
    ...shareOptionRules({
      share: {
        aliases: ['voluri'],
        description:
          "Another Gluster volume of the driver's `shares`, or a directory of one, which is used as it is. " +
          "Default: a new directory of the driver's own Gluster volume.",
        example: 'share=gluster1:logs/web',
        normalise: (text) => formatAddress(parseAddress(text)),
      },
      mountOptions: {
        aliases: ['glusteropts', 'glusterfsopts'],
        description:
          'Options of mount.glusterfs(8) for a separate mount, comma-separated, or arguments of glusterfs(8): `--acl --lru-limit=1000`.',
        example: 'mountOptions=acl,lru-limit=1000',
        normalise: mountOptionsOrWords,
        claims: claimedBy(glusterfsMountOptions),
      },
      size: {
        description:
          'Limits the volume to this size, with `sizeMode=quota`. Without `sizeMode`, it is refused.',
        modes:
          '`quota` has the `size` enforced by a quota of the directory, which the Gluster volume must have on; `advisory` only records it.',
        words: ['quota', 'advisory'],
      },
    }),
    {
      name: 'servers',
      aliases: [],
      description:
        "Accepted for users of other plugins; each must be one of the driver's own servers, which are used anyway.",
      example: 'servers=gluster1,gluster2',
      normalise: (text) => serversValue(text, checkServer),
    },
  ];
}

function serversValue(text: string, check: (server: string) => void): string {
  const servers = text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => glusterServer(item.trim()));
  if (servers.length === 0)
    throw new VolumeError('invalid', 'No server is named: name one, or leave the option out.');
  for (const server of servers) check(server);
  return [...new Set(servers)].join(',');
}
