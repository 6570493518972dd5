import { spawn } from 'node:child_process';
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
  /** A different program, and a different user to run it. */
  readonly program?: string;
  readonly uid?: number;
}

/** Runs the built `holdfast` as a process, with only the given environment. */
export async function holdfast(words: readonly string[], manner: Manner = {}): Promise<Ended> {
  const program = manner.program ?? (await builtDaemon());
  const { uid } = manner;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      env: { ...manner.env },
      ...(uid === undefined ? {} : { uid, gid: uid, cwd: '/' }),
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    if (manner.unread) child.stdout.destroy();
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
