import * as z from 'zod/mini';
import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** The options that mount(8) takes for one kind of share. */
export interface MountOptions {
  /**
   * Reads options as users write them, comma-separated. Returns each once, normalised and in alphabetical order, so that equal
   * meanings are equal strings. Throws `invalid`, naming the option.
   */
  read(text: string): readonly string[];
  /** Joins lists of options; a later option replaces an earlier one that it contradicts. Skips empty strings. */
  lay(...layers: readonly (readonly string[])[]): readonly string[];
}

/** Words for what mount(8) does anyway, written out of habit. */
export const idleMountWords: readonly string[] = ['defaults', 'rw', 'auto', 'nouser'];

/** Whether a word is an option of the mount and has an effect. */
export function claimedBy({ read }: Pick<MountOptions, 'read'>): (word: string) => boolean {
  return (word) => {
    try {
      return read(word).length > 0;
    } catch {
      return false;
    }
  };
}

export interface MountOptionRules {
  /** The options that one word means, normalised. Throws `invalid`. */
  readWord(word: string): readonly string[];
  /** The place of an option: only one of two options with the same place can apply. */
  placeOf(option: string): string;
}

export function createMountOptions({ readWord, placeOf }: MountOptionRules): MountOptions {
  return {
    read(text) {
      const words = text.split(',').filter((word) => word.trim() !== '');
      const byPlace = new Map<string, string>();
      for (const option of words.flatMap((word) => readWord(word.trim()))) {
        const earlier = byPlace.get(placeOf(option));
        if (earlier !== undefined && earlier !== option) throw contradiction(earlier, option);
        byPlace.set(placeOf(option), option);
      }
      return [...byPlace.values()].sort();
    },
    lay(...layers) {
      const options = layers.flat().filter((option) => option !== '');
      return [...new Map(options.map((option) => [placeOf(option), option])).values()];
    },
  };
}

/** "timeo" for "timeo=50". */
export function nameOf(option: string): string {
  return option.split('=', 1)[0] ?? option;
}

function contradiction(one: string, other: string): VolumeError {
  return new VolumeError(
    'invalid',
    `${quote(one)} and ${quote(other)} contradict each other: give one of them.`,
  );
}

/** Mount options in the settings of a driver: a list, or one string with commas; read as the latter. */
export const mountOptionList = z.pipe(
  z.union([z.string(), z.array(z.string())], 'must be a list of options, or one string with commas'),
  z.transform((value) => [value].flat().join(',')),
);
