import { VolumeError } from '../../../core/volume-error.ts';
import type { FileFacts, FilesBelow } from '../../../host/host.ts';

/**
 * Runs the copy of what is at `from`. Throws `conflict` if that was deleted or replaced meanwhile, by another call or another host: a
 * tree that is read while it is deleted ends without an error, but perhaps without all files. So what may be read as a source is never
 * deleted in its place, but moved first. Throws `failed` for anything else than a directory or file: a FIFO would be waited for.
 */
export async function whilePresent(
  files: Pick<FilesBelow, 'facts'>,
  from: string,
  copy: () => Promise<void>,
): Promise<void> {
  const facts = await files.facts(from);
  if (facts !== undefined && facts.kind !== 'directory' && facts.kind !== 'file')
    throw new VolumeError('failed', `${from} is neither a directory nor a file: move it away.`);
  const before = identityOf(facts);
  const isOther = async () => identityOf(await files.facts(from)) !== before;
  try {
    await copy();
  } catch (error) {
    throw (await isOther().catch(() => false)) ? replaced(error) : error;
  }
  if (await isOther()) throw replaced();
}

function identityOf(facts: FileFacts | undefined): string | undefined {
  return facts && `${facts.device} ${facts.inode}`;
}

function replaced(cause?: unknown): VolumeError {
  return new VolumeError('conflict', 'its source was deleted or replaced while it was copied.', { cause });
}
