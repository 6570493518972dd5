import { field, type Json, textField } from '../core/json.ts';

/** The last error in the end of a log in either form, or in what a start that failed printed. */
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
