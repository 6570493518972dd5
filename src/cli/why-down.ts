import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { field, type Json, textField } from '../core/json.ts';

/** What a host knows about a daemon that does not answer. */
export interface Down {
  /** The command that starts it. */
  readonly start?: string;
  /** The last error in its log. */
  readonly lastError?: string;
}

/** Milliseconds. */
const patience = 1000;
const lines = 200;

/** Knows the service that `holdfast install` made; nothing if there is none, or if this user may not read its journal. */
export async function whyDown(): Promise<Down> {
  const isService = existsSync('/etc/systemd/system/holdfast.service') && existsSync('/run/systemd/system');
  if (!isService) return {};
  const lastError = lastErrorIn(await journal());
  return { start: 'systemctl start holdfast', ...(lastError === undefined ? {} : { lastError }) };
}

function journal(): Promise<string> {
  const words = ['--unit=holdfast', `--lines=${lines}`, '--no-pager', '--output=cat'];
  return new Promise((resolve) => {
    execFile('journalctl', words, { timeout: patience }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
}

/** Finds it in a log of either format, or in the output of a failed start. */
export function lastErrorIn(log: string): string | undefined {
  for (const line of log.split('\n').reverse()) {
    const found = errorIn(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

function errorIn(line: string): string | undefined {
  const [, text] = /^[\d:.]+ error (.+)$/.exec(line) ?? /^holdfast: (?!warning)(.+)$/.exec(line) ?? [];
  if (text !== undefined || !line.startsWith('{')) return text;
  const read = parsed(line);
  const message = textField(field(read, 'error'), 'message') || textField(read, 'message');
  if (textField(read, 'level') === '') return message || undefined;
  if (textField(read, 'level') !== 'error') return undefined;
  return [textField(read, 'event'), message].filter((words) => words !== '').join(': ');
}

function parsed(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
