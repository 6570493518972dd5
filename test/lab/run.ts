import { execFile } from 'node:child_process';

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunLimits {
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; default: 120 s. After that, the program is killed and the promise rejects. */
  readonly within?: number;
}

/** Runs a program to its end. Resolves for any exit code; rejects if it does not start or does not end. */
export function run(program: string, args: readonly string[], limits: RunLimits = {}): Promise<Finished> {
  const env = { ...environment(), ...limits.env };
  const options = { env, timeout: limits.within ?? 120_000, killSignal: 'SIGKILL', maxBuffer: 64e6 } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else
        reject(
          new Error(`${shown(program, args)} did not end: ${error.message}\n${stderr}`, { cause: error }),
        );
    });
    child.stdin?.end();
  });
}

/** The trimmed output; throws with the program's error. */
export async function output(program: string, args: readonly string[], limits?: RunLimits): Promise<string> {
  const finished = await run(program, args, limits);
  return succeeded(shown(program, args), finished);
}

/** The trimmed output of a successful program; otherwise throws with its error. */
export function succeeded(what: string, finished: Finished): string {
  if (finished.exitCode === 0) return finished.stdout.trim();
  throw new Error(
    `${what} ended with ${finished.exitCode}: ${finished.stderr.trim()} ${finished.stdout.trim()}`,
  );
}

/** An environment in which dockerd and mount are found without a root login, and without Holdfast's settings. */
export function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  return { ...Object.fromEntries(own), PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };
}

function shown(program: string, args: readonly string[]): string {
  return [program, ...args].join(' ');
}
