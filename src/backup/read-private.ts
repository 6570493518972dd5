import { VolumeError } from '../core/volume-error.ts';
import type { Files } from '../host/host.ts';

/** The text of a file with a secret. Throws `failed` if it is missing or empty, or if other users could read it. `whose`: "repository nas". */
export async function readPrivate(files: Files, path: string, whose: string, doing: string): Promise<string> {
  const facts = await files.facts(path);
  if (facts === undefined)
    throw new VolumeError('failed', `${doing}: the file ${path} of ${whose} does not exist: write it.`);
  if (facts.kind === 'file' && (facts.mode & 0o007) !== 0)
    throw new VolumeError(
      'failed',
      `${doing}: other users can read ${path} of ${whose}: run \`chmod o= ${path}\`.`,
    );
  const text = ((await files.readText(path)) ?? '').trimEnd();
  if (text !== '') return text;
  throw new VolumeError('failed', `${doing}: the file ${path} of ${whose} is empty.`);
}
