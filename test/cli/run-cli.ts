import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { builtDaemon } from '../lab/built-daemon.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Manner {
  readonly env?: Readonly<Record<string, string>>;
  /** The reader of the output closes it at once. */
  readonly unread?: true;
  /** The output goes to a full disk. */
  readonly full?: true;
  /** A different program, and a different user to run it. */
  readonly program?: string;
  readonly uid?: number;
}

/** Runs the built `holdfast` as a process, with only the given environment. */
export async function holdfast(words: readonly string[], manner: Manner = {}): Promise<Ended> {
  const program = manner.program ?? (await builtDaemon());
  const { uid } = manner;
  const full = manner.full ? openSync('/dev/full', 'w') : undefined;
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      env: { ...manner.env },
      stdio: ['pipe', full ?? 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid, cwd: '/' }),
    });
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    if (manner.unread) child.stdout?.destroy();
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  }).finally(() => full === undefined || closeSync(full));
}
