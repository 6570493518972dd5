import type { MountEntry } from '../../host/host.ts';
import type { ShareMount } from '../shared/network-share/share.ts';
import { type Difference, firstDifference } from './effective-options.ts';
import { parseAddress } from './export-address.ts';
import { placeOf } from './mount-options.ts';

/** Options that all mounts of one superblock share with the first (tried on Linux 6.1); other differences make another superblock. */
const ofExport: readonly string[] = ['timeo', 'retrans', 'fsc', 'namlen'];
/** Options that all mounts from one server share with the first: those of the connections. */
const ofServer: readonly string[] = ['nconnect', 'max_connect', 'resvport'];

/**
 * How a mount differs from the requested one. mount(8) reports success even if the kernel gave the mount the options of an earlier
 * mount of the same export (nfs(5), `sharecache`).
 */
export function describeMismatch(mount: ShareMount, entry: MountEntry): string | undefined {
  if (entry.type !== 'nfs' && entry.type !== 'nfs4') {
    return `${entry.mountpoint} is a mount of ${entry.source} (${entry.type}), which is not NFS: unmount what was mounted over it`;
  }
  return sourceMismatch(mount, entry) ?? optionMismatch(mount, entry);
}

function sourceMismatch(mount: ShareMount, { source, superOptions }: MountEntry): string | undefined {
  if (source === mount.source) return undefined;
  const asked = parseAddress(mount.source);
  const seen = addressOf(source);
  if (seen?.path !== asked.path) return `the kernel shows ${source} there: unmount what was mounted over it`;
  // The first mount of the export decides under which server name it is shown; the address is then the same.
  if (superOptions.includes(`addr=${asked.server}`) || seen.server === asked.server) return undefined;
  return (
    `the kernel shows it as ${source}: if these are two names of one server, write the same one everywhere on this host, ` +
    'or add `nosharecache` to the mountOptions; if not, unmount it'
  );
}

function addressOf(source: string): ReturnType<typeof parseAddress> | undefined {
  try {
    return parseAddress(source);
  } catch {
    return undefined;
  }
}

function optionMismatch(mount: ShareMount, entry: MountEntry): string | undefined {
  const found = firstDifference(mount.options, entry);
  return found && `${found.asked} was requested, but ${found.effective} is in effect: ${wayOut(found)}`;
}

function wayOut({ asked }: Difference): string {
  const place = placeOf(asked);
  if (ofExport.includes(place)) {
    return (
      'an earlier mount of this export exists, and they share its options. ' +
      'Give all of them on this host the same mountOptions, or add `nosharecache` to these'
    );
  }
  if (ofServer.includes(place)) {
    return (
      'all mounts from one server share the connections of the first. ' +
      'Give all of them on this host the same mountOptions, and unmount the existing ones'
    );
  }
  return 'request the value that the server and the kernel agreed on, or unmount it if it is an earlier mount';
}
