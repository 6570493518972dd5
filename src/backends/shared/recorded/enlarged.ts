import { formatSize, parseSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { replaceRecord } from './replace-record.ts';
import type { RecordedStorage } from './storage.ts';

/** The volume with its new size, unchanged if it has that size. Throws `invalid` for less. */
export function enlarged(recorded: Volume, bytes: number, doing: string): Volume {
  const current = sizeOf(recorded);
  if (bytes === current) return recorded;
  const size = formatSize(bytes);
  if (bytes > current) return { ...recorded, options: { ...recorded.options, size } };
  throw new VolumeError(
    'invalid',
    `${doing}: it has ${formatSize(current)}, and ${size} is less. A volume is never made smaller: make a new one, and copy.`,
  );
}

/** Does nothing if the volume has the size. */
export async function recordSize(
  storage: RecordedStorage,
  recorded: Volume,
  grown: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  if (grown === recorded) return;
  const evidence = `by request from ${formatSize(sizeOf(recorded))} to ${grown.options.size}`;
  await replaceRecord(storage, grown, { act: 'grow', evidence }, doing, signal);
}

/** Bytes. */
export function sizeOf({ options }: Volume): number {
  return parseSize(options.size ?? '');
}
