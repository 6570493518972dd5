import { VolumeError } from '../../core/volume-error.ts';
import type { BackendParts } from '../backend.ts';
import type { Share, ShareKind } from '../shared/share/share.ts';
import { formatAddress, parseAddress } from './gluster-address.ts';
import { createGlusterfsShare } from './glusterfs-share.ts';
import { optionsWithServers } from './options.ts';
import type { GlusterfsSettings } from './settings.ts';

interface GlusterVolume {
  readonly servers: readonly string[];
  readonly volume: string;
  readonly share: Share;
}

/** What tells GlusterFS from other shares, for one driver. */
export function createGlusterfsKind(
  parts: Pick<BackendParts, 'driver' | 'host'>,
  settings: GlusterfsSettings,
): ShareKind {
  const open = (servers: readonly string[], volume: string): GlusterVolume => ({
    servers,
    volume,
    share: createGlusterfsShare({ ...settings, ...parts, servers, volume }),
  });
  const home = open([...new Set(settings.servers)], settings.volume);
  const others = settings.shares.map(({ servers, volume }) =>
    open(wholeCluster(servers, home.servers), volume),
  );
  return {
    table: optionsWithServers([...new Set([home, ...others].flatMap(({ servers }) => servers))]),
    home: home.share,
    locate(text) {
      const asked = parseAddress(text);
      const found = [home, ...others].find(
        ({ servers, volume }) =>
          volume === asked.volume && asked.servers.every((server) => servers.includes(server)),
      );
      if (found === undefined) throw notListed(text, [home, ...others]);
      return { share: found.share, directory: asked.directory };
    },
    onRemove: settings.onRemove,
    retention: settings.trashRetention,
  };
}

/** Another volume of the driver's own cluster is asked for from all its servers. */
function wholeCluster(servers: readonly string[], cluster: readonly string[]): readonly string[] {
  return servers.every((server) => cluster.includes(server)) ? cluster : servers;
}

function notListed(text: string, volumes: readonly GlusterVolume[]): VolumeError {
  const listed = volumes.map((known) => formatAddress({ ...known, directory: '' })).join('; ');
  return new VolumeError(
    'invalid',
    `${text} lies in no Gluster volume of this driver, which are ${listed}: add its volume to \`shares\` in the driver's settings.`,
  );
}
