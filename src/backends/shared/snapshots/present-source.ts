import { VolumeError } from '../../../core/volume-error.ts';
import type { FilesBelow } from '../../../host/host.ts';

/**
 * Runs the copy of what is at `from`. Throws `conflict` if that was deleted or replaced meanwhile, by another call or another host: a
 * tree that is read while it is deleted ends without an error, but perhaps without all files. So what may be read as a source is never
 * deleted in its place, but moved first.
 */
export async function whilePresent(
  files: Pick<FilesBelow, 'facts'>,
  from: string,
  copy: () => Promise<void>,
): Promise<void> {
  const before = await identityOf(files, from);
  const isOther = async () => (await identityOf(files, from)) !== before;
  try {
    await copy();
  } catch (error) {
    throw (await isOther().catch(() => false)) ? replaced(error) : error;
  }
  if (await isOther()) throw replaced();
}

async function identityOf(files: Pick<FilesBelow, 'facts'>, path: string): Promise<string | undefined> {
  const facts = await files.facts(path);
  return facts && `${facts.device} ${facts.inode}`;
}

function replaced(cause?: unknown): VolumeError {
  return new VolumeError('conflict', 'its source was deleted or replaced while it was copied.', { cause });
}
