import { field, type Json, listField, textField } from '../../core/json.ts';
import { shownLines } from '../../core/shown.ts';
import { errorCodes, VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';

export interface TaskOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

export interface Telling {
  /** Writes to stdout at once. */
  say(text: string): void;
  /** Resolves to false if it is not to go on. */
  pause(milliseconds: number): Promise<boolean>;
}

/** Milliseconds between two questions, which the daemon answers when there is news. */
const between = 20;

/** Begins a task of the daemon, and waits for its end. What is done is printed when it is done. */
export async function runTask(
  client: AdminClient,
  task: Readonly<Record<string, unknown>>,
  { json, dryRun }: TaskOptions,
  { say, pause }: Telling,
): Promise<CommandResult> {
  if (dryRun) return foresee(client, task);
  let job: object = await client.ask('POST', '/v1/backups/tasks', task);
  const id = encodeURIComponent(textField(job, 'id'));
  let told = 0;
  for (;;) {
    const results = listField(job, 'results');
    const news = results.slice(told).filter((one) => textField(one, 'outcome') === 'ok');
    if (!json) for (const one of news) say(shownLines(textField(one, 'message')));
    told = results.length;
    if (textField(job, 'state') !== 'running') return resultOf(job, results);
    if (!(await pause(between))) return left(job, results);
    job = await client.ask('GET', `/v1/backups/tasks/${id}?results=${told}`);
  }
}

async function foresee(client: AdminClient, task: Readonly<Record<string, unknown>>): Promise<CommandResult> {
  const answer = await client.ask('POST', '/v1/backups/dry-runs', task);
  const steps = listField(answer, 'steps').map(String);
  return { json: answer, text: steps.length === 0 ? 'There is nothing to do.' : steps.join('\n') };
}

function resultOf(job: object, results: readonly Json[]): CommandResult {
  const error = field(job, 'error');
  const failed = results.filter((one) => textField(one, 'outcome') !== 'ok');
  const failures = [...failed, ...(error === undefined ? [] : [error])].map(
    (one) => new VolumeError(codeOf(one), textField(one, 'message')),
  );
  const text = results.length === 0 && failures.length === 0 ? 'There was nothing to do.' : '';
  return { json: { results }, text, failures };
}

/** For Ctrl-C: the daemon continues. */
function left(job: object, results: readonly Json[]): CommandResult {
  const text = `The daemon continues with the task ${textField(job, 'id')}: see \`holdfast backup ls\`.`;
  return { json: { results }, text };
}

function codeOf(one: Json): VolumeError['code'] {
  return errorCodes.find((known) => known === textField(one, 'code')) ?? 'failed';
}
