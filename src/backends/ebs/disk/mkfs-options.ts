import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type FormattedType, type MkfsFlag, mkfsFlags } from './known-mkfs-options.ts';

const types: readonly FormattedType[] = ['ext4', 'xfs'];

/**
 * The arguments in "-i 8192 -O bigalloc", for the mkfs of that type: known flags, each with a value in its format, and none can be
 * a path. Throws `invalid`, naming what can be given.
 */
export function mkfsWords(text: string, type: string): readonly string[] {
  const known = types.find((one) => one === type);
  if (known === undefined) throw new VolumeError('invalid', `mkfs.${type} takes no options here.`);
  const words = text.split(/\s+/).filter(Boolean);
  for (let at = 0; at < words.length; at++) {
    const [word = '', value] = words.slice(at);
    const flag = mkfsFlags[known].get(word);
    if (flag === undefined) throw notTaken(word, known);
    if (flag === 'alone') continue;
    checkValue(`mkfs.${known} for ${word}`, flag, value);
    at += 1;
  }
  return words;
}

/** For a file system that is not known yet: options that at least one of them takes. */
export function mkfsWordsOfAny(text: string): readonly string[] {
  const refusals: string[] = [];
  for (const type of types) {
    try {
      return mkfsWords(text, type);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      refusals.push(error.message);
    }
  }
  throw new VolumeError('invalid', refusals.join(' '));
}

function notTaken(word: string, type: FormattedType): VolumeError {
  const flags = [...mkfsFlags[type].keys()].join(', ');
  return new VolumeError(
    'invalid',
    `${quote(word)} is not an option of mkfs.${type} that is passed on: those are ${flags}, each followed by a space and its value.`,
  );
}

/** `where`: such as "mkfs.ext4 for -i". */
function checkValue(where: string, flag: Exclude<MkfsFlag, 'alone'>, text = ''): void {
  if ('list' in flag) {
    for (const item of text.split(',')) checkItem(where, flag.list, item);
    return;
  }
  if (flag.value.read(text) === undefined) throw wrongValue(where, text, `write ${flag.value.example}`);
}

type Items = Extract<MkfsFlag, { readonly list: unknown }>['list'];

function checkItem(where: string, items: Items, item: string): void {
  const [name = '', ...value] = item.split('=');
  const values = items.get(name);
  if (values === undefined) {
    const names = [...items.keys()].filter((key) => !key.startsWith('^')).join(', ');
    throw wrongValue(where, item, `it takes ${names}`);
  }
  if (values === 'word' && value.length > 0) throw wrongValue(where, item, `write ${name} alone`);
  if (values === 'word' || values.read(value.join('=')) !== undefined) return;
  throw wrongValue(where, item, `write ${name}=${values.example}`);
}

function wrongValue(where: string, text: string, way: string): VolumeError {
  return new VolumeError('invalid', `${quote(text)} is not an option of ${where}: ${way}.`);
}
