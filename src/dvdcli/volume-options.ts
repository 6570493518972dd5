import { quote } from '../core/names.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';

/** The value of one `--volumeopts`: `joined` to the flag by `=`, as Mesos writes it, or a word `apart`. */
export interface OptionWord {
  readonly value: string;
  readonly form: 'joined' | 'apart';
}

/**
 * `--volumeopts=KEY=VALUE` is one option, whatever the value holds: Mesos passes blanks, commas and `=` as they are.
 * `--volumeopts a=1,b=2`, which Mesos never writes, is the classic dvdcli's list. Throws `invalid`.
 */
export function parseVolumeOptions(words: readonly OptionWord[]): Options {
  const options: Record<string, string> = Object.create(null);
  for (const pair of words.flatMap(pairsOf)) {
    const at = pair.indexOf('=');
    const key = at < 0 ? pair : pair.slice(0, at);
    const value = at < 0 ? '' : pair.slice(at + 1);
    if (key === '') throw wrong(`The option ${quote(pair)} has no name`, 'KEY');
    if (value === '') throw wrong(`The option ${quote(key)} has no value`, key);
    if (key in options)
      throw new VolumeError('invalid', `The option ${quote(key)} is given twice: leave one out.`);
    options[key] = value;
  }
  return options;
}

/** A list only if it cannot mean anything else: each part has one `=`, and a name before it. */
function pairsOf({ value, form }: OptionWord): readonly string[] {
  const parts = value.split(',');
  return form === 'apart' && parts.every((part) => /^[\w.-]+=[^=]+$/.test(part)) ? parts : [value];
}

function wrong(what: string, key: string): VolumeError {
  const example = /^[\w.-]+$/.test(key) ? key : 'KEY';
  return new VolumeError('invalid', `${what}: write --volumeopts=${example}=VALUE, or leave it out.`);
}
