import { currentFormat, formatFile, newerFormatIn } from '../../core/decisions/known-format.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';

/**
 * Marks the driver's state on this host with its format, before anything else in it is read. Throws `failed` if a newer version
 * has written it: an older one would misread who holds what.
 */
export async function requireKnownFormat({ files }: Pick<Host, 'files'>, stateDir: string): Promise<void> {
  const path = `${stateDir}/${formatFile}`;
  const text = await files.readText(path);
  const newer = newerFormatIn(text);
  if (newer !== undefined) {
    const kept = 'Nothing was changed, and volumes that are mounted stay mounted.';
    throw new VolumeError('failed', `The state in ${stateDir} cannot be used: ${newer}. ${kept}`);
  }
  // The number of an older version as well: from now on, this one writes there.
  const own = `${JSON.stringify({ format: currentFormat })}\n`;
  if (text !== own) await files.writeText(path, own, 'replace');
}
