import { readFile } from 'node:fs/promises';
import type { AuditedAct } from '../../src/core/audit.ts';
import type { Machine } from '../lab/machine.ts';
import type { Answer } from '../lab/network/unix-http.ts';

/** The Status in `docker volume inspect` for a volume on a share. */
export interface ShareStatus {
  readonly health?: { readonly state: string; readonly server: string; readonly detail: string };
  readonly mustRestart?: readonly { readonly containerId?: string; readonly pid: number }[];
}

export async function statusOf({ docker }: Pick<Machine, 'docker'>, volume: string): Promise<ShareStatus> {
  return JSON.parse(await docker('volume', 'inspect', '--format', '{{json .Status}}', volume));
}

/** IDs of the containers that must be restarted according to Status. */
export async function mustRestart(
  machine: Pick<Machine, 'docker'>,
  volume: string,
): Promise<readonly string[]> {
  const users = (await statusOf(machine, volume)).mustRestart ?? [];
  return users.map(({ pid, containerId = `process ${pid}` }) => containerId);
}

/** Events of the daemon's log, oldest first, including earlier runs. */
export async function logged(
  { holdfast }: { readonly holdfast: Pick<Machine['holdfast'], 'service'> },
  event: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines = (await holdfast.service.log()).split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).filter((entry) => entry.event === event);
}

/** The audited acts on a volume, from the host's log. */
export async function auditOf(
  { folder }: Pick<Machine, 'folder'>,
  volume: string,
): Promise<readonly AuditedAct[]> {
  const text = await readFile(`${folder}/state/audit.log`, 'utf8').catch(() => '');
  const acts: readonly AuditedAct[] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return acts.filter((act) => act.volume === volume);
}

export interface TimedAnswer extends Answer {
  /** Milliseconds. */
  readonly took: number;
}

export async function timed(call: () => Promise<Answer>): Promise<TimedAnswer> {
  const began = performance.now();
  const answer = await call();
  return { ...answer, took: performance.now() - began };
}

/** The error message of the answer. */
export function errorOf({ body }: Answer): string {
  const { Err } = JSON.parse(body);
  return String(Err ?? '');
}
