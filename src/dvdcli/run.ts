import { shown } from '../core/shown.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { createDriverClient, type Patience, usualPatience } from './driver-client.ts';
import { type Asked, parseWords } from './parse-words.ts';
import type { Places } from './plugin.ts';
import { acts } from './verbs.ts';

export interface Ended {
  readonly code: 0 | 1;
  readonly out: string;
  readonly err: string;
}

export interface DvdcliParts {
  readonly places: Places;
  readonly patience?: Patience;
}

/** One command. Never rejects: an error is one line, which Mesos shows as the task's message. */
export async function runDvdcli(words: readonly string[], parts: DvdcliParts): Promise<Ended> {
  try {
    const command = parseWords(words);
    if (command.kind === 'ask') return done(await act(command, parts));
    const { help, version } = await import('./help.ts');
    return done(command.kind === 'help' ? help : version());
  } catch (error) {
    const { message } = asVolumeError(error, 'dvdcli failed');
    return { code: 1, out: '', err: `dvdcli: ${oneLine(message)}\n` };
  }
}

async function act(asked: Asked, { places, patience = usualPatience }: DvdcliParts): Promise<string> {
  const client = createDriverClient(asked.driver, places, patience);
  try {
    return await acts[asked.verb](client, asked, places);
  } finally {
    client.close();
  }
}

function done(text: string): Ended {
  return { code: 0, out: text === '' ? '' : `${text}\n`, err: '' };
}

/** Long enough for any useful message; a driver's own may have any length. */
const longestLine = 4000;

function oneLine(message: string): string {
  const line = shown(message.replace(/[\s\p{Cc}]+/gu, ' ').trim());
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
