import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { entering, type Namespace } from '../namespace.ts';
import { environment } from '../run.ts';
import type { Ended, Verb, VolumeWish } from './agent.ts';

export interface Spoken extends Ended {
  readonly stderr: string;
}

/** A running dvdcli, and its output at the end. */
export interface DvdcliCall {
  readonly ended: Promise<Spoken>;
  kill(): void;
}

/** Our own, built beside the daemon. */
export function dvdcliOf(daemon: string): string {
  return join(dirname(daemon), 'dvdcli/main.js');
}

export function dvdcliWords(
  verb: Verb | 'remove',
  { name, options, driver: own = 'holdfast' }: VolumeWish,
  driver = own,
): readonly string[] {
  const given = verb === 'mount' ? options.map((option) => `--volumeopts=${option}`) : [];
  return [verb, `--volumedriver=${driver}`, `--volumename=${name}`, ...given];
}

/** On a simulated host, as Mesos runs it. */
export function startDvdcli(namespace: Namespace, program: string, words: readonly string[]): DvdcliCall {
  const child = spawn('nsenter', entering(namespace.pid(), process.execPath, [program, ...words]), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  });
  return { ended: collect(child), kill: () => void child.kill('SIGKILL') };
}

async function collect(child: ChildProcess): Promise<Spoken> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk) => {
      said[name] += String(chunk);
    });
  await once(child, 'close');
  return { exitCode: child.exitCode, ...said };
}

/** Whether its output is wrong. Only one error line is allowed, or on success the expected stdout. */
export function isMisspoken({ exitCode, stdout, stderr }: Spoken, expected: string): boolean {
  const isSuccess = stdout === expected && stderr === '';
  const isError = stdout === '' && /^dvdcli: [^\n]+\n$/.test(stderr);
  if (exitCode === 0) return !isSuccess;
  if (exitCode === 1) return !isError;
  // A killed dvdcli may have printed either before, or nothing.
  return exitCode !== null || !(isSuccess || isError || (stdout === '' && stderr === ''));
}
