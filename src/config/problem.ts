import { quote } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import { dotted, type KeyPath } from './tree.ts';

/** One thing wrong with a configuration. */
export interface Problem {
  /** "/etc/holdfast/config.yaml:4:5", or the environment variable. */
  readonly place: string;
  /** The dotted key; empty: the file as a whole. */
  readonly key: string;
  /** The problem and what would be right. */
  readonly message: string;
}

/** Tells where a value came from. */
export type Places = (path: KeyPath) => string;

export function problemText(problem: Problem): string {
  return `${problem.place}: ${problem.message}`;
}

export function valueProblem(places: Places, path: KeyPath, message: string): Problem {
  const key = dotted(path);
  return { place: places(path), key, message: key === '' ? message : `${shownKey(key)}: ${message}` };
}

/** `known`: what may stand there; `elsewhere`: where keys of another level stand, dotted, as seen from the driver. */
export function unknownKey(
  places: Places,
  path: KeyPath,
  known: readonly string[],
  elsewhere: readonly string[] = [],
): Problem {
  const word = String(path.at(-1));
  const parent = dotted(path.slice(0, -1));
  const where = parent === '' ? '' : ` in ${shownKey(parent)}`;
  return {
    place: places(path),
    key: dotted(path),
    message: `unknown key ${shownKey(word)}${where}; ${misplaced(word, elsewhere) ?? suggestion(word, known)}`,
  };
}

/** A word that is a key of another level stands on the wrong one, however near it is to one of this. */
function misplaced(word: string, elsewhere: readonly string[]): string | undefined {
  const meant = elsewhere.find((key) => key.split('.').at(-1)?.toLowerCase() === word.toLowerCase());
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

/** "did you mean `settings`?", or all there is to choose from. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return known.length === 0 ? 'none is known here' : `known: ${known.join(', ')}`;
}

/** As one would meet them, reading the file from the top; what stands in no line comes last. */
export function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  const positions = new Map(problems.map((problem) => [problem, position(problem.place)]));
  return problems.toSorted((a, b) => (positions.get(a) ?? 0) - (positions.get(b) ?? 0));
}

/** Lines count a million times as much as columns; no configuration is that wide. */
function position(place: string): number {
  const [, line, column] = /:(\d+):(\d+)$/.exec(place) ?? [];
  return line === undefined ? Number.MAX_SAFE_INTEGER : Number(line) * 1_000_000 + Number(column);
}

function shownKey(key: string): string {
  return `\`${quote(key).slice(1, -1)}\``;
}
