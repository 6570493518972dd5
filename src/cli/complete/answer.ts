import type { Command } from 'commander';
import type { AdminClient } from '../admin-client.ts';
import { wordsOfLine } from './line.ts';
import { namesFor } from './names.ts';
import type { Word } from './values.ts';
import { type Wanted, wantedAt } from './wanted.ts';

type Connect = (deadline: number, socket: string | undefined) => Promise<AdminClient>;

/** Milliseconds until the daemon counts as silent. Short, because somebody waits at the keyboard. */
const patience = 1000;

/**
 * The answer for a script of `scripts.ts`: `words`, `files` or `folders` on the first line, then each word with a tab and a
 * description. Never rejects; without a daemon there are no names.
 *
 * bash passes its line up to the cursor, and the part of the last word that it will replace. Other shells pass the words.
 */
export async function answer(
  program: Command,
  shell: string,
  given: readonly string[],
  connect: Connect,
): Promise<string> {
  const words = shell === 'bash' ? wordsOfLine(given[0] ?? '') : given;
  const wanted = wantedAt(program, words.slice(1));
  const { values } = wanted;
  if (values === 'files' || values === 'folders') return `${values}\n`;
  const whole = (await offered(wanted, connect))
    .filter(({ word }) => word.startsWith(wanted.begun) && !wanted.operands.includes(word))
    .map(({ word, about }) => ({ word: wanted.prefix + word, about }));
  if (shell !== 'bash') return printed(whole);
  // bash treats the text after `=` or `:` as a separate word.
  const kept = Math.max(0, (words.at(-1) ?? '').length - wordsOfLine(given[1] ?? '').join(' ').length);
  return printed(whole.map(({ word }) => ({ word: word.slice(kept), about: '' })));
}

function printed(words: readonly Word[]): string {
  return ['words', ...words.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`)), ''].join(
    '\n',
  );
}

async function offered({ values, given }: Wanted, connect: Connect): Promise<readonly Word[]> {
  if (typeof values === 'object') return values.words;
  if (values !== 'drivers' && values !== 'volumes' && values !== 'removed') return [];
  try {
    const client = await connect(patience, given.get('--socket'));
    const names = await namesFor(values, client, given.get('--driver'));
    return names.map((word) => ({ word, about: '' }));
  } catch {
    return [];
  }
}
