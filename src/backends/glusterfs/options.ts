import { VolumeError } from '../../core/volume-error.ts';
import { createOptionTable, type OptionRule, type OptionTable } from '../shared/option-table.ts';
import { shareOptionRules } from '../shared/share/share-options.ts';
import { formatAddress, glusterServer, parseAddress } from './gluster-address.ts';
import { mountOptionsOrWords } from './glusteropts.ts';

/** What `-o` takes, whatever a driver's settings are. */
export const glusterfsOptions: OptionTable = createOptionTable(rules(() => undefined));

/** The same for a driver that knows these servers: `servers` may name no other. */
export function optionsWithServers(known: readonly string[]): OptionTable {
  return createOptionTable(
    rules((server) => {
      if (known.includes(server)) return;
      throw new VolumeError(
        'invalid',
        `${server} is none of the driver's servers (${known.join(', ')}): add it to \`servers\` in its settings, or leave the option out.`,
      );
    }),
  );
}

function rules(checkServer: (server: string) => void): readonly OptionRule[] {
  return [
    ...shareOptionRules({
      share: {
        aliases: ['voluri'],
        description:
          "Another Gluster volume of the driver's `shares`, or a directory of one, which is taken as it is. " +
          "Default: a new directory of the driver's own Gluster volume.",
        example: 'share=gluster1:logs/web',
        normalise: (text) => formatAddress(parseAddress(text)),
      },
      mountOptions: {
        aliases: ['glusteropts', 'glusterfsopts'],
        description:
          'Options of mount.glusterfs(8) for a mount of its own, comma-separated, or words of glusterfs(8): `--acl --lru-limit=1000`.',
        example: 'mountOptions=acl,lru-limit=1000',
        normalise: mountOptionsOrWords,
      },
    }),
    {
      name: 'servers',
      aliases: [],
      description:
        "Accepted for the sake of other plugins' users; each must be one of the driver's own servers, which are asked anyway.",
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
