import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** The options that mount(8) takes for one kind of share. */
export interface MountOptions {
  /**
   * Options as users write them, comma-separated: each once and in one spelling, in alphabetical order, so that equal
   * meanings are equal texts. Throws `invalid`, naming the option.
   */
  read(text: string): readonly string[];
  /** Later ones win over earlier ones that they contradict. The empty text, which no options are joined to, is passed over. */
  lay(...layers: readonly (readonly string[])[]): readonly string[];
}

export interface MountOptionRules {
  /** The options that one word means, each in its one spelling. Throws `invalid`. */
  readWord(word: string): readonly string[];
  /** Of two options with the same place only one can hold. */
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

/** Of "timeo=50": "timeo". */
export function nameOf(option: string): string {
  return option.split('=', 1)[0] ?? option;
}

function contradiction(one: string, other: string): VolumeError {
  return new VolumeError(
    'invalid',
    `${quote(one)} and ${quote(other)} contradict each other: give one of them.`,
  );
}
