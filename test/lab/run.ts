import { execFile } from 'node:child_process';

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunLimits {
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds, 60 s unless told; then the program is killed and the promise rejects. */
  readonly within?: number;
}

/** Runs a program to its end. Resolves also for a non-zero exit; rejects when it does not start or does not end. */
export function run(program: string, args: readonly string[], limits: RunLimits = {}): Promise<Finished> {
  const env = { ...environment(), ...limits.env };
  const options = { env, timeout: limits.within ?? 60_000, killSignal: 'SIGKILL', maxBuffer: 64e6 } as const;
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

/** What it printed, trimmed; throws with its own words when it failed. */
export async function output(program: string, args: readonly string[], limits?: RunLimits): Promise<string> {
  const finished = await run(program, args, limits);
  return succeeded(shown(program, args), finished);
}

/** The trimmed output of a program that succeeded; throws with its own words otherwise. */
export function succeeded(what: string, finished: Finished): string {
  if (finished.exitCode === 0) return finished.stdout.trim();
  throw new Error(
    `${what} ended with ${finished.exitCode}: ${finished.stderr.trim()} ${finished.stdout.trim()}`,
  );
}

/** Programs of the host find dockerd and mount also without a login of root, and get no settings of Holdfast. */
export function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  return { ...Object.fromEntries(own), PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };
}

function shown(program: string, args: readonly string[]): string {
  return [program, ...args].join(' ');
}
