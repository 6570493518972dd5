import { VolumeError } from '../../core/volume-error.ts';
import type { BackendParts } from '../definition.ts';
import type { Share, ShareKind, SharePlace } from '../shared/network-share/share.ts';
import { ownDirectory } from '../shared/recorded/own-layout.ts';
import { type ExportAddress, formatAddress, parseAddress, within } from './export-address.ts';
import { nfsOptions } from './options.ts';
import type { NfsSettings } from './settings.ts';
import { createNfsShare } from './share.ts';

export function createNfsKind(
  parts: Pick<BackendParts, 'host' | 'placeOf'>,
  settings: NfsSettings,
): ShareKind {
  const { host } = parts;
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
  // One export has one share, even if it is listed several times.
  const others = settings.shares.map(formatAddress).filter((source) => source !== home.share.source);
  const exports = [home, ...[...new Set(others)].map((source) => listed(parseAddress(source)))];
  return {
    table: nfsOptions,
    home: home.share,
    locate: (text) => locate(exports, text, parts.placeOf('shares')),
    limits: 'none',
    onRemove,
    retention: trashRetention,
  };
}

interface ListedExport {
  readonly address: ExportAddress;
  readonly share: Share;
}

/** Picks the listed export nearest above the given directory; the driver's own export counts as listed. */
function locate(exports: readonly ListedExport[], text: string, setting: string): SharePlace {
  const asked = parseAddress(text);
  const places = exports.flatMap(({ address, share }): SharePlace[] => {
    const directory = address.server === asked.server ? within(asked.path, address.path) : undefined;
    return directory === undefined ? [] : [{ share, directory }];
  });
  const [nearest] = places.sort((a, b) => a.directory.length - b.directory.length);
  if (nearest === undefined) throw notListed(asked, exports, setting);
  if (!nearest.directory.split('/').includes(ownDirectory)) return nearest;
  throw new VolumeError(
    'invalid',
    `${formatAddress(asked)} is in Holdfast's own directory: choose another one.`,
  );
}

function notListed(asked: ExportAddress, exports: readonly ListedExport[], setting: string): VolumeError {
  const sources = exports.map(({ share }) => share.source).join(', ');
  return new VolumeError(
    'invalid',
    `${formatAddress(asked)} is not in one of the driver's exports (${sources}): add its export to ${setting}, and restart Holdfast.`,
  );
}
