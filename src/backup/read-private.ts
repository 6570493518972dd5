import { VolumeError } from '../core/volume-error.ts';
import type { Files } from '../host/host.ts';

/** The text of a file with a secret. Throws `invalid` if there is none, or if other users could read it. `whose`: "repository nas". */
export async function readPrivate(files: Files, path: string, whose: string, doing: string): Promise<string> {
  const wrong = (why: string) => new VolumeError('invalid', `${doing}: ${why}`);
  // What a symlink leads to is read, so that is what other users must not read.
  const real = await files.realPath(path);
  const facts = real === undefined ? undefined : await files.facts(real);
  if (facts === undefined) throw wrong(`the file ${path} of ${whose} does not exist: write it.`);
  if (facts.kind === 'directory') throw wrong(`${path} of ${whose} is a directory: name a file.`);
  if (facts.kind === 'file' && (facts.mode & 0o007) !== 0)
    throw wrong(`other users can read ${path} of ${whose}: run \`chmod o= ${path}\`.`);
  const text = ((await files.readText(path)) ?? '').trimEnd();
  if (text !== '') return text;
  throw wrong(`the file ${path} of ${whose} is empty: write the secret into it.`);
}
