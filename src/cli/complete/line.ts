/**
 * The words of a shell's line up to the cursor, without their quotes; the last one is still being written, and may be empty.
 * Variables and the like stay as they are.
 */
export function wordsOfLine(line: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  for (const [piece = '', blank, single, double, escaped] of line.matchAll(pieces)) {
    if (blank === undefined) {
      word += single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? piece;
    } else {
      words.push(word);
      word = '';
    }
  }
  return [...words, word];
}

/** A blank, a quoted part that may be unfinished, an escaped character, or any other character. */
const pieces = /([ \t]+)|'([^']*)'?|"((?:[^"\\]|\\.)*)"?|\\(.)|./gsu;
