import type { MountEntry } from '../../host/host.ts';
import type { ShareMount } from '../shared/share/share.ts';
import { type Difference, firstDifference } from './effective-options.ts';
import { parseAddress } from './export-address.ts';
import { placeOf } from './mount-options.ts';

/** What all mounts of one superblock have from the first of them (tried on Linux 6.1); any other difference makes another one. */
const ofExport: readonly string[] = ['timeo', 'retrans', 'fsc', 'namlen'];
/** What all mounts from one server have from the first of them: the connections. */
const ofServer: readonly string[] = ['nconnect', 'max_connect', 'resvport'];

/**
 * Why a mount is not the one that was asked for. mount(8) reports success also when the kernel gave it the options of an
 * earlier mount of the same export (nfs(5), `sharecache`).
 */
export function describeMismatch(mount: ShareMount, entry: MountEntry): string | undefined {
  if (entry.type !== 'nfs' && entry.type !== 'nfs4') {
    return `${entry.mountpoint} is a mount of ${entry.source} (${entry.type}), and no NFS: unmount what was mounted over it`;
  }
  return sourceMismatch(mount, entry) ?? optionMismatch(mount, entry);
}

function sourceMismatch(mount: ShareMount, { source, superOptions }: MountEntry): string | undefined {
  if (source === mount.source) return undefined;
  const asked = parseAddress(mount.source);
  const seen = addressOf(source);
  if (seen?.path !== asked.path) return `the kernel shows ${source} there: unmount what was mounted over it`;
  // Under which name a mount is shown is decided by the first mount of the export; the address is the same then.
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
  return found && `${found.asked} was asked for, and ${found.effective} holds: ${wayOut(found)}`;
}

function wayOut({ asked }: Difference): string {
  const place = placeOf(asked);
  if (ofExport.includes(place)) {
    return (
      'another mount of this export was there first, and they share its options. ' +
      'Give all of them on this host the same mountOptions, or add `nosharecache` to these'
    );
  }
  if (ofServer.includes(place)) {
    return (
      'all mounts from one server share the connections of the first. ' +
      'Give all of them on this host the same mountOptions, and unmount those that are there'
    );
  }
  return 'ask for what the server and the kernel agreed on, or unmount it if it is an earlier mount';
}
