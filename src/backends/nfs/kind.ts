import { VolumeError } from '../../core/volume-error.ts';
import type { BackendParts } from '../backend.ts';
import { ownDirectory } from '../shared/share/inside-path.ts';
import type { Share, ShareKind, SharePlace } from '../shared/share/share.ts';
import { type ExportAddress, formatAddress, parseAddress, within } from './export-address.ts';
import { createNfsShare } from './nfs-share.ts';
import { nfsOptions } from './options.ts';
import type { NfsSettings } from './settings.ts';

export function createNfsKind({ host }: Pick<BackendParts, 'host'>, settings: NfsSettings): ShareKind {
  const { version, sec, mountOptions, onRemove, trashRetention } = settings;
  const listed = (address: ExportAddress): ListedExport => ({
    address,
    share: createNfsShare({
      network: host.network,
      now: () => host.now(),
      address,
      version,
      sec,
      mountOptions,
    }),
  });
  const home = listed({ server: settings.server, path: settings.export });
  // One export has one share, however often it is listed.
  const others = settings.shares.map(formatAddress).filter((source) => source !== home.share.source);
  const exports = [home, ...[...new Set(others)].map((source) => listed(parseAddress(source)))];
  return {
    table: nfsOptions,
    home: home.share,
    locate: (text) => locate(exports, text),
    onRemove,
    retention: trashRetention,
  };
}

interface ListedExport {
  readonly address: ExportAddress;
  readonly share: Share;
}

/** In the listed export that is the nearest above the written directory; the driver's own counts as listed. */
function locate(exports: readonly ListedExport[], text: string): SharePlace {
  const asked = parseAddress(text);
  const places = exports.flatMap(({ address, share }): SharePlace[] => {
    const directory = address.server === asked.server ? within(asked.path, address.path) : undefined;
    return directory === undefined ? [] : [{ share, directory }];
  });
  const [nearest] = places.sort((a, b) => a.directory.length - b.directory.length);
  if (nearest === undefined) throw notListed(asked, exports);
  if (!nearest.directory.split('/').includes(ownDirectory)) return nearest;
  throw new VolumeError(
    'invalid',
    `${formatAddress(asked)} is in Holdfast's own directory: choose another one.`,
  );
}

function notListed(asked: ExportAddress, exports: readonly ListedExport[]): VolumeError {
  const sources = exports.map(({ share }) => share.source).join(', ');
  return new VolumeError(
    'invalid',
    `${formatAddress(asked)} is none of the driver's exports (${sources}), and in none of them: add its export to \`shares\` in the driver's settings.`,
  );
}
