/**
 * Characters that a terminal acts on or does not show: control characters (C0, C1, DEL), those that change the direction of a
 * text, line separators, zero-width characters, halves of a surrogate pair.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * One line that a terminal shows and does not obey. The one gate for strings that others chose (names of processes, words of
 * helpers and servers, paths) before people see them. Doing it twice changes nothing more.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/**
 * The same for a string whose line feeds are ours, such as a table or JSON. JSON keeps its meaning, since line feeds inside its
 * strings are escaped already.
 */
export function printableLines(text: string): string {
  return text.replace(unprintable, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  return short[character] ?? character.split('').map(unitText).join('');
}

/** A UTF-16 unit, as JSON writes it. */
function unitText(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
