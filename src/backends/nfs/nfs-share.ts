import type { Network } from '../../host/host.ts';
import type { Share, ShareMount, WantedMount } from '../shared/share/share.ts';
import { below, type ExportAddress, formatAddress } from './export-address.ts';
import { describeMismatch } from './mismatch.ts';
import { nfsMountOptions } from './mount-options.ts';
import { type NfsVersion, versionOption } from './nfs-version.ts';
import { probeNfs } from './probe.ts';

export interface NfsShareParts {
  readonly network: Network;
  readonly address: ExportAddress;
  readonly version: NfsVersion;
  /** Left to client and server when undefined. */
  readonly sec: string | undefined;
  /** For every mount of the share, each in its one spelling. */
  readonly mountOptions: readonly string[];
  /** Milliseconds. */
  now(): number;
}

export function createNfsShare(parts: NfsShareParts): Share {
  const { network, address, version, now } = parts;
  const server = { host: address.server, port: portOf(parts.mountOptions) };
  return {
    source: formatAddress(address),
    server: address.server,
    squashHint:
      'export it with `no_root_squash` to this host, or give the directory to the anonymous user and the volume its ' +
      'uid and gid (65534, or `anonuid` and `anongid` of the export)',
    mountOf: (wanted) => mountOf(parts, wanted),
    mounted: () => undefined,
    mountHint: () =>
      'See that the server exports this directory to this host (`exportfs -v` there), and its log.',
    mismatch: describeMismatch,
    probe: (_mountpoint, signal) => probeNfs({ network, address: server, version, now }, signal),
    // The server forgot the file handle: it was deleted there, or the export is another file system now. NFS has no client
    // process that could die, and every other error passes when its reason does.
    isLost: async (_mountpoint, code) => code === 'ESTALE',
  };
}

function mountOf({ address, version, sec, mountOptions }: NfsShareParts, wanted: WantedMount): ShareMount {
  const decided = [`vers=${version}`, ...(sec === undefined ? [] : [`sec=${sec}`]), 'hard'];
  const alone = wanted.sharing === 'alone' ? ['nosharecache'] : [];
  const options = nfsMountOptions.lay(decided, mountOptions, wanted.options, alone).map(negotiated);
  // Holdfast repeats by itself: mount.nfs(8) would for two minutes.
  const whole = ['retry=0', ...options, ...(wanted.access === 'read-only' ? ['ro'] : [])];
  const path = below(address.path, wanted.directory);
  return { type: 'nfs', source: formatAddress({ ...address, path }), options: whole };
}

function negotiated(option: string): string {
  return option.startsWith('vers=') ? versionOption(option.slice('vers='.length)) : option;
}

function portOf(options: readonly string[]): number {
  const port = options.find((option) => option.startsWith('port='));
  return port === undefined ? 2049 : Number(port.slice('port='.length));
}
