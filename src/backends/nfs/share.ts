import { VolumeError } from '../../core/volume-error.ts';
import type { Network } from '../../host/host.ts';
import type { Share, ShareMount, WantedMount } from '../shared/network-share/share.ts';
import { examineNfs } from './examine.ts';
import { below, type ExportAddress, formatAddress } from './export-address.ts';
import { describeMismatch } from './mismatch.ts';
import { nfsMountOptions } from './mount-options.ts';
import { probeNfs } from './probe.ts';
import { type NfsVersion, versionOption } from './version.ts';

export interface NfsShareParts {
  readonly network: Network;
  readonly address: ExportAddress;
  readonly version: NfsVersion;
  /** If undefined, client and server agree on one. */
  readonly sec: string | undefined;
  /** Normalised options for every mount of the share. */
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
    heals: false,
    keepsNames: 'until-opened',
    needs: { helper: 'mount.nfs', fileSystem: 'nfs' },
    wordsFor: {
      squash:
        'export it to this host with no_root_squash (in /etc/exports, then `exportfs -ra`), or give the directory to the anonymous ' +
        'user and the volume its uid and gid (65534, or anonuid and anongid of the export)',
      withdrawn: 'see `exportfs -v` there, put this host into `/etc/exports`, and run `exportfs -ra`',
      inputOutput: {
        state: 'no-reply',
        happened: 'the server reports an input/output error',
        wayOut:
          'look at its disks and into its `dmesg`; a mount with `soft` reports this too, if the server does not answer in time',
      },
    },
    mountOf: (wanted) => mountOf(parts, wanted),
    fitted: async (mount) => mount,
    mounted: () => undefined,
    mountHint: () =>
      'See that the server exports this directory to this host (`exportfs -v` there), and its log.',
    mismatch: describeMismatch,
    probe: (_mountpoint, signal) => probeNfs({ network, address: server, version, now }, signal),
    examine: (mounted, signal) => examineNfs(parts, server, mounted, signal),
    // The server forgot the file handle: the directory was deleted there, or the export is another file system now. NFS has no client
    // process that could die, and every other error passes when its reason does.
    isLost: async (_mountpoint, code) => code === 'ESTALE',
  };
}

function mountOf({ address, version, sec, mountOptions }: NfsShareParts, wanted: WantedMount): ShareMount {
  refuseOtherPort(mountOptions, wanted.options);
  const decided = [`vers=${version}`, ...(sec === undefined ? [] : [`sec=${sec}`]), 'hard'];
  const alone = wanted.sharing === 'alone' ? ['nosharecache'] : [];
  const options = nfsMountOptions.lay(decided, mountOptions, wanted.options, alone).map(negotiated);
  // Holdfast retries by itself; mount.nfs(8) would retry for two minutes.
  const whole = ['retry=0', ...options, ...(wanted.access === 'read-only' ? ['ro'] : [])];
  const path = below(address.path, wanted.directory);
  return { type: 'nfs', source: formatAddress({ ...address, path }), options: whole };
}

function negotiated(option: string): string {
  return option.startsWith('vers=') ? versionOption(option.slice('vers='.length)) : option;
}

/** Another port means another server, possibly run by any user there: only the driver's configuration decides the port. */
function refuseOtherPort(settings: readonly string[], options: readonly string[]): void {
  const [port, asked] = [portOf(settings), portOf([...options, ...settings])];
  if (asked === port) return;
  throw new VolumeError(
    'invalid',
    `"port=${asked}" leads to another server than the driver's, which is at port ${port}: leave it out, or write it into \`mountOptions\` of the driver's settings.`,
  );
}

function portOf(options: readonly string[]): number {
  const port = options.find((option) => option.startsWith('port='));
  return port === undefined ? 2049 : Number(port.slice('port='.length));
}
