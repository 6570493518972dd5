import { VolumeError } from '../../core/volume-error.ts';
import type { BackendParts } from '../definition.ts';
import type { Share, ShareKind } from '../shared/network-share/share.ts';
import { formatAddress, parseAddress } from './address.ts';
import { optionsWithServers } from './options.ts';
import { createDirectoryQuotas } from './quota/limits.ts';
import type { GlusterfsSettings } from './settings.ts';
import { createGlusterfsShare, quotaParts } from './share.ts';

interface GlusterVolume {
  readonly servers: readonly string[];
  readonly volume: string;
  readonly share: Share;
}

/** The parts of one driver in which GlusterFS differs from other shares. */
export function createGlusterfsKind(
  parts: Pick<BackendParts, 'driver' | 'host' | 'placeOf'>,
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
    table: optionsWithServers(
      [...new Set([home, ...others].flatMap(({ servers }) => servers))],
      parts.placeOf('servers'),
    ),
    home: home.share,
    locate(text) {
      const asked = parseAddress(text);
      const found = [home, ...others].find(
        ({ servers, volume }) =>
          volume === asked.volume && asked.servers.every((server) => servers.includes(server)),
      );
      if (found === undefined) throw notListed(text, [home, ...others], parts.placeOf('shares'));
      return { share: found.share, directory: asked.directory };
    },
    limits: (open) =>
      createDirectoryQuotas(
        quotaParts({ ...settings, ...parts, servers: home.servers, volume: home.volume }),
        open,
      ),
    onRemove: settings.onRemove,
    retention: settings.trashRetention,
  };
}

/** For another volume of the driver's own cluster, all its servers are asked. */
function wholeCluster(servers: readonly string[], cluster: readonly string[]): readonly string[] {
  return servers.every((server) => cluster.includes(server)) ? cluster : servers;
}

function notListed(text: string, volumes: readonly GlusterVolume[], setting: string): VolumeError {
  const listed = volumes.map((known) => formatAddress({ ...known, directory: '' })).join('; ');
  return new VolumeError(
    'invalid',
    `${text} is not in a Gluster volume of this driver (${listed}): add its volume to ${setting}, and restart Holdfast.`,
  );
}
