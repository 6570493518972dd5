import { join } from 'node:path';
import type { FilesBelow, Host } from '../../../../host/host.ts';
import type { ClockReading } from '../../clock-finding.ts';
import type { ShareLayout } from '../layout.ts';

/** What the server made of a new directory of this host's root. */
export interface Probed {
  /** By the clock that gives new files their time. */
  readonly clock: ClockReading;
  /** The user that it belongs to. */
  readonly owner: number;
}

const privately = { uid: -1, gid: -1, mode: 0o700 };

/** Makes a directory and removes it at once; after a crash, the next purge does. Undefined if none can be made. */
export async function probeShare(
  files: Pick<FilesBelow, 'createDirectory' | 'facts' | 'removeDirectory'>,
  { fresh }: Pick<ShareLayout, 'fresh'>,
  host: Pick<Host, 'now' | 'newId'>,
): Promise<Probed | undefined> {
  const path = join(fresh, `probe~${host.newId()}`);
  try {
    const before = host.now();
    if (!(await files.createDirectory(path, privately))) return undefined;
    const made = await files.facts(path);
    const after = host.now();
    await files.removeDirectory(path);
    return made && { clock: { theirs: made.modifiedAt, before, after }, owner: made.uid };
  } catch {
    return undefined;
  }
}
